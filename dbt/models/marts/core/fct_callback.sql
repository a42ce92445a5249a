select
    callback_no,
    ticket_no,
    called_at,
    callback_phone_key,
    duration_seconds,
    is_connected,
    rating,
    operator_key,
    sender_code,
    delivery_day,
    file_hash,
    file_row_number

from {{ ref('stg_callbacks') }}
