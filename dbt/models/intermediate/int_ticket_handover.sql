-- Who took a ticket after whom. The centre's acceptance hands nothing over: the first unit is assigned.
with takes as (

    select
        ticket_no,
        event_seq,
        to_unit,
        lag(to_unit) over (partition by ticket_no order by event_seq) as unit_before
    from {{ changed_rows(ref('fct_ticket_event')) }}
    where
        to_unit is not null
        and event_type <> 'accept'
        and to_unit is distinct from from_unit

),

-- a unit that returns a ticket and is given it again has not handed it over
holders as (

    select
        ticket_no,
        to_unit,
        unit_before,
        lag(to_unit, 2) over (partition by ticket_no order by event_seq) as unit_before_that
    from takes
    where unit_before is null or to_unit <> unit_before

)

select
    ticket_no,
    count(unit_before) as handover_count,
    count(*) filter (where to_unit = unit_before_that) as ping_pong_count

from holders
group by ticket_no
