-- The steps that owners sent, and of a ticket that was handed over those that the first platform took before.
with handed as (

    select
        owned.ticket_day,
        owned.ticket_no,
        owned.owner_code,
        owned.taken_over_at,
        max(taken.event_seq) as last_seq_before
    from {{ ref('stg_handed_over_tickets') }} as owned
    left join {{ ref('base_ticket_events') }} as taken
        on
            owned.ticket_day = taken.ticket_day
            and owned.ticket_no = taken.ticket_no
            and owned.taken_over_at >= taken.occurred_at
            and taken.is_own
            and not taken.is_deleted
    group by owned.ticket_day, owned.ticket_no, owned.owner_code, owned.taken_over_at

)

select
    ---------- ids
    delivered.ticket_no,
    coalesce(handed.owner_code, delivered.sender_code) as platform_code,
    -- each platform counts its own steps from 1: those of the receiver go on after the first platform's
    delivered.event_seq
    + coalesce(handed.last_seq_before * cast(handed.owner_code = delivered.sender_code as integer), 0) as event_seq,
    delivered.operator_key,

    ---------- step
    delivered.event_type,
    delivered.unit_name,
    delivered.result,

    ---------- timestamps
    delivered.occurred_at,

    ---------- lineage
    delivered.sender_code,
    delivered.delivery_day,
    delivered.delivered_at,
    delivered.file_hash,
    delivered.file_row_number,
    delivered.ticket_day,
    delivered.built_in

from {{ ref('base_ticket_events') }} as delivered
left join handed on delivered.ticket_day = handed.ticket_day and delivered.ticket_no = handed.ticket_no

where
    not delivered.is_deleted
    and coalesce(
        handed.owner_code = delivered.sender_code
        or (delivered.is_own and delivered.occurred_at <= handed.taken_over_at),
        delivered.is_own
    )
    -- a deleted ticket takes its events along, unless it is another platform's by then
    and not exists (
        select 1 from {{ ref('base_tickets') }} as deleted
        where
            deleted.is_deleted
            and deleted.is_own
            and handed.owner_code is null
            and deleted.ticket_day = delivered.ticket_day
            and deleted.ticket_no = delivered.ticket_no
    )
