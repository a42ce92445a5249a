{{ config(materialized='incremental', incremental_strategy='replace_months') }}
-- Which unit returned tickets and which had them next; a unit that returns what it has not signed for has had it too.
with steps as (

    select
        ticket_no,
        {{ month_start('ticket_day') }} as ticket_month,
        platform_code,
        event_seq,
        event_type = 'return' as is_return,
        case when event_type = 'return' then coalesce(from_unit, unit_name) else to_unit end as unit_name
    from {{ rows_of_changed_months(ref('fct_ticket_event')) }}
    where event_type = 'return' or (event_type <> 'accept' and to_unit is distinct from from_unit)

),

held as (

    select
        *,
        lead(unit_name) over (partition by ticket_no order by event_seq) as next_unit,
        lead(event_seq) over (partition by ticket_no order by event_seq) as next_seq
    from steps
    where unit_name is not null

),

returned as (

    select
        *,
        row_number() over (partition by ticket_no order by event_seq) as return_no
    from held
    where is_return

),

-- the ticket was with the unit again after the other had had it
came_back as (

    select distinct
        returned.ticket_no,
        returned.event_seq
    from returned
    inner join held
        on
            returned.ticket_no = held.ticket_no
            and returned.unit_name = held.unit_name
            and returned.unit_name <> returned.next_unit
            and returned.next_seq < held.event_seq

),

taken as (

    select
        ticket_month,
        platform_code,
        unit_name,
        count(distinct ticket_no) as taken_tickets
    from held
    group by ticket_month, platform_code, unit_name

)

select
    returned.ticket_month,
    returned.platform_code,
    returned.unit_name as from_unit,
    returned.next_unit as to_unit,
    count(*) as returns,
    count(*) filter (where returned.return_no > 1) as second_returns,
    count(distinct returned.ticket_no) as returned_tickets,
    count(distinct came_back.ticket_no) as to_and_fro_tickets,
    max(taken.taken_tickets) as taken_tickets,
    {{ this_build() }} as built_in

from returned
inner join taken
    on
        returned.ticket_month = taken.ticket_month
        and returned.platform_code = taken.platform_code
        and returned.unit_name = taken.unit_name
left join came_back on returned.ticket_no = came_back.ticket_no and returned.event_seq = came_back.event_seq
group by returned.ticket_month, returned.platform_code, returned.unit_name, returned.next_unit
