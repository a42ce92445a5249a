{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
select
    callback_no,
    ticket_no,
    platform_code,
    called_at,
    callback_phone_key,
    duration_seconds,
    is_connected,
    rating,
    operator_key,
    sender_code,
    delivery_day,
    file_hash,
    file_row_number,
    ticket_day,
    {{ this_build() }} as built_in

from {{ changed_rows(ref('stg_callbacks')) }}
{{ sorted_by_day() }}
