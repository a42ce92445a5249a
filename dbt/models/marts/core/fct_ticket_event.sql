select
    ticket_no,
    event_seq,
    event_type,
    occurred_at,
    unit_name,
    operator_key,
    result,
    sender_code,
    delivery_day,
    file_hash,
    file_row_number

from {{ ref('stg_ticket_events') }}
