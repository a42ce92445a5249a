select
    check_no,
    month,
    platform_code,
    ticket_no,
    is_callback_true,
    is_close_true,
    is_satisfaction_true,
    frame_no,
    outcome,
    cast(attempts as bigint) as attempts,
    called_at,
    adjudication,
    platform_statement,
    delivery_day,
    file_hash,
    file_row_number

from {{ ref('stg_spot_checks') }}
