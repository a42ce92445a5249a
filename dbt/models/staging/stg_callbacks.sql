select
    ---------- ids
    callback_no,
    ticket_no,
    callback_phone_key,
    operator_key,

    ---------- call
    duration_seconds,
    is_connected,
    rating,

    ---------- timestamps
    called_at,

    ---------- lineage
    sender_code,
    delivery_day,
    delivered_at,
    file_hash,
    file_row_number,
    ticket_day,
    built_in

from {{ ref('base_callbacks') }} as delivered

where
    not is_deleted
    -- a deleted ticket takes its calls along
    and not exists (
        select 1 from {{ ref('base_tickets') }} as deleted
        where
            deleted.is_deleted
            and deleted.ticket_day = delivered.ticket_day
            and deleted.ticket_no = delivered.ticket_no
    )
