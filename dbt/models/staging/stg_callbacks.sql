-- The calls of owners, and of a ticket that was handed over those that the first platform made before.
select
    ---------- ids
    delivered.callback_no,
    delivered.ticket_no,
    coalesce(handed.owner_code, delivered.sender_code) as platform_code,
    delivered.callback_phone_key,
    delivered.operator_key,

    ---------- call
    delivered.duration_seconds,
    delivered.is_connected,
    delivered.rating,

    ---------- timestamps
    delivered.called_at,

    ---------- lineage
    delivered.sender_code,
    delivered.delivery_day,
    delivered.delivered_at,
    delivered.file_hash,
    delivered.file_row_number,
    delivered.ticket_day,
    delivered.built_in

from {{ ref('base_callbacks') }} as delivered
left join {{ ref('stg_handed_over_tickets') }} as handed
    on delivered.ticket_day = handed.ticket_day and delivered.ticket_no = handed.ticket_no

where
    not delivered.is_deleted
    and coalesce(
        handed.owner_code = delivered.sender_code or (delivered.is_own and delivered.called_at <= handed.taken_over_at),
        delivered.is_own
    )
    -- a deleted ticket takes its calls along, unless it is another platform's by then
    and not exists (
        select 1 from {{ ref('base_tickets') }} as deleted
        where
            deleted.is_deleted
            and deleted.is_own
            and handed.owner_code is null
            and deleted.ticket_day = delivered.ticket_day
            and deleted.ticket_no = delivered.ticket_no
    )
