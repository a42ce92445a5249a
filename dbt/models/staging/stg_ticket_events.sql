select
    ---------- ids
    ticket_no,
    event_seq,
    operator_key,

    ---------- step
    event_type,
    unit_name,
    result,

    ---------- timestamps
    occurred_at,

    ---------- lineage
    sender_code,
    delivery_day,
    delivered_at,
    file_hash,
    file_row_number,
    ticket_day,
    built_in

from {{ ref('base_ticket_events') }} as delivered

where
    not is_deleted
    -- a deleted ticket takes its events along
    and not exists (
        select 1 from {{ ref('base_tickets') }} as deleted
        where
            deleted.is_deleted
            and deleted.ticket_day = delivered.ticket_day
            and deleted.ticket_no = delivered.ticket_no
    )
