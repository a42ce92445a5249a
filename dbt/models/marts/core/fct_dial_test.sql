select
    test_no,
    platform_code,
    {{ month_start('called_at') }} as month,
    called_at,
    answer_seconds,
    answer_seconds is not null as is_answered,
    is_answered_in_time,
    is_converted_in_time,
    ticket_no,
    delivery_day,
    file_hash,
    file_row_number

from {{ ref('stg_dial_tests') }}
