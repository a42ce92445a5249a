with pauses as (

    select
        events.ticket_no,
        events.occurred_at,
        events.status_seconds,
        {{ seconds_between('tickets.accepted_at', 'tickets.due_at') }} as target_seconds,
        {{ seconds_between('tickets.accepted_at', 'events.occurred_at') }}
        - coalesce(
            sum(events.status_seconds) over (
                partition by events.ticket_no order by events.event_seq rows between unbounded preceding and 1 preceding
            ), 0
        ) as elapsed_seconds
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    inner join {{ changed_rows(ref('fct_ticket')) }} as tickets on events.ticket_no = tickets.ticket_no
    where events.to_status = 'suspended'

)

select
    ticket_no,
    cast(coalesce(sum(status_seconds), 0) as bigint) as suspended_seconds,

    -- a pause that begins after the limit has passed moves nothing
    cast(
        coalesce(sum(status_seconds) filter (where elapsed_seconds <= target_seconds), 0) as bigint
    ) as due_moved_seconds,

    -- the last event of the ticket: it is still suspended
    max(occurred_at) filter (where status_seconds is null) as suspended_since

from pauses
group by ticket_no
