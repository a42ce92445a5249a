-- A bad review is fixed by what comes after it: the unit's fix, or a satisfied rating.
with answers as (

    select
        events.ticket_no,
        events.event_seq,
        coalesce(not ratings.is_satisfied, false) as is_bad,
        max(events.event_seq) filter (
            where events.event_type = 'fix' or ratings.is_satisfied
        ) over (partition by events.ticket_no) as last_fixed_seq
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    left join {{ ref('ratings') }} as ratings
        on
            events.event_type = 'rate'
            and ratings.is_rated
            and {{ names_code('events.result', 'ratings') }}
    where events.event_type in ('rate', 'fix')

)

select
    ticket_no,
    count(*) as bad_review_count,
    count(*) filter (where event_seq < last_fixed_seq) as bad_review_fixed_count

from answers

where is_bad

group by ticket_no
