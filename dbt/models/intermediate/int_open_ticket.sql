{{ config(
    materialized='incremental',
    incremental_strategy='replace_tickets',
    post_hook="delete from {{ this }} where exists (
        select 1 from {{ ref('int_platform_as_of') }} as as_of
        where
            as_of.platform_code = {{ this.identifier }}.platform_code
            and as_of.known_until > {{ this.identifier }}.closed_at
    )"
) }}
-- The tickets that are open at the midnight until which they are known, or since. A build puts in the changed ones and
-- takes out those that are closed: nobody looks through the history for what has no closure. What happened after that
-- midnight counts when the next day is known, and nothing need be made anew for it: both states are kept.
with steps as (

    select
        events.ticket_no,
        max(events.occurred_at) as last_event_at,
        max_by(events.to_status, events.event_seq) as status_now,
        max_by(events.to_status, events.event_seq) filter (where events.occurred_at < as_of.known_until)
            as status_then,
        max_by(coalesce(events.to_unit, ''), events.event_seq) as held_now,
        max_by(coalesce(events.to_unit, ''), events.event_seq) filter (where events.occurred_at < as_of.known_until)
            as held_then
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    inner join {{ ref('int_platform_as_of') }} as as_of on events.platform_code = as_of.platform_code
    group by events.ticket_no

)

select
    tickets.ticket_no,
    tickets.platform_code,
    tickets.business_type,
    tickets.category,
    tickets.subcategory,
    tickets.handling_unit,
    tickets.accepted_at,
    tickets.due_at,
    tickets.limit_ends_at,
    tickets.stated_due_at,
    tickets.suspended_since,
    tickets.time_limit_code,
    tickets.is_due_provisional,
    tickets.closed_at,
    steps.last_event_at,
    steps.status_now,
    steps.status_then,
    nullif(steps.held_now, '') as held_now,
    nullif(steps.held_then, '') as held_then,
    tickets.origin,
    tickets.ticket_day,
    {{ this_build() }} as built_in

from {{ changed_rows(ref('fct_ticket')) }} as tickets
inner join {{ ref('int_platform_as_of') }} as as_of on tickets.platform_code = as_of.platform_code
left join steps on tickets.ticket_no = steps.ticket_no

where tickets.closed_at is null or tickets.closed_at >= as_of.known_until
{{ sorted_by_day() }}
