with events as (

    select
        events.*,
        statuses.time_class,
        before.time_class = 'done' and statuses.time_class <> 'done' as is_reopening
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    left join {{ ref('ticket_statuses') }} as statuses on events.to_status = statuses.code
    left join {{ ref('ticket_statuses') }} as before on events.from_status = before.code

)

select
    ticket_no,

    ---------- instants, and the same on the working clock
    {% for name, types in {
        'accepted': "= 'accept'",
        'answered': "in ('dispatch', 'instant_answer')",
        'dispatched': "= 'dispatch'",
        'contacted': "= 'first_contact'"
    }.items() -%}
    min(occurred_at) filter (where event_type {{ types }}) as {{ name }}_at,
    min(working_clock) filter (where event_type {{ types }}) as {{ name }}_working_clock,
    {% endfor %}
    max(occurred_at) as last_event_at,

    ---------- time
    {% for time_class in ('centre', 'transit', 'handling', 'suspended') -%}
    coalesce(sum(status_seconds) filter (where time_class = '{{ time_class }}'), 0) as {{ time_class }}_seconds,
    coalesce(
        sum(status_working_seconds) filter (where time_class = '{{ time_class }}'), 0
    ) as {{ time_class }}_working_seconds,
    {% endfor %}
    ---------- counts
    count(*) filter (where event_type in ('dispatch', 'redispatch')) as assignment_count,
    count(*) filter (where event_type = 'return') as return_count,
    count(*) filter (where event_type = 'rework') as rework_count,
    count(*) filter (where event_type = 'urge') as urge_count,
    count(*) filter (where event_type = 'supervise') as supervision_count,
    count(*) filter (where is_reopening) as reopen_count

from events
group by ticket_no
