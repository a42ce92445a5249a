{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
with turns as (

    select
        events.ticket_no,
        events.occurred_at,
        statuses.time_class <> 'done' as is_opening,
        lead(events.occurred_at) over (partition by events.ticket_no order by events.event_seq) as turned_at
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    inner join {{ ref('ticket_statuses') }} as statuses on events.to_status = statuses.code
    left join {{ ref('ticket_statuses') }} as before on events.from_status = before.code
    where (coalesce(before.time_class, 'done') = 'done') <> (statuses.time_class = 'done')

),

dated as (

    select
        tickets.ticket_no,
        tickets.ticket_day,
        tickets.platform_code,
        tickets.business_type,
        least(cast(tickets.accepted_at as date), cast(turns.occurred_at as date)) as accepted_on,
        cast(turns.occurred_at as date) as opened_on,

        -- a closure that is dated before its opening leaves no day with fewer than no tickets
        case
            when turns.turned_at is not null
                then greatest(cast(turns.turned_at as date), cast(turns.occurred_at as date))
        end as closed_on
    from turns
    inner join {{ changed_rows(ref('fct_ticket')) }} as tickets on turns.ticket_no = tickets.ticket_no
    where turns.is_opening

),

-- no event opened it: open since its acceptance all the same, or whoever sends no events would have no backlog
unopened as (

    select
        tickets.ticket_no,
        tickets.ticket_day,
        tickets.platform_code,
        tickets.business_type,
        cast(tickets.accepted_at as date) as accepted_on,
        cast(tickets.accepted_at as date) as opened_on,
        case
            when tickets.closed_at is not null
                then greatest(cast(tickets.closed_at as date), cast(tickets.accepted_at as date))
        end as closed_on
    from {{ changed_rows(ref('fct_ticket')) }} as tickets
    where tickets.ticket_no not in (select dated.ticket_no from dated)

)

select * from dated
union all
select * from unopened
{{ sorted_by_day() }}
