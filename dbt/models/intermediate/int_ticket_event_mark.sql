with marked as (

    select
        events.*,

        -- a closure stands until the ticket is dispatched again or reworked: nothing else opens it
        case when types.status_after = 'closed' then 'done' when types.reopens then 'open' end as phase_mark,
        case when types.status_after in ('closed', 'archived') then types.status_after end as done_mark,
        case when types.status_after not in ('closed', 'archived') then types.status_after end as open_mark,

        -- empty text, not null: last_value skips nulls, and a ticket on its way to a unit is in nobody's hands
        case types.holder_after
            when 'actor' then coalesce(events.unit_name, '')
            when 'nobody' then ''
        end as holder_mark,

        {{ working_clock('working_day', 'events.occurred_at') }} as working_clock

    from {{ changed_rows(ref('stg_ticket_events')) }} as events
    left join {{ ref('event_types') }} as types on events.event_type = types.code
    {{ join_working_day('working_day', 'events.occurred_at', literal(var('reporting_calendar'))) }}

)

select * from marked
