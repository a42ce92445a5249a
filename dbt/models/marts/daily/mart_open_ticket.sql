-- Now is the midnight at which the platform's latest day of delivery begins: until then its tickets are known.
with tickets as (

    select
        stored.*,
        as_of.known_until,
        case
            when stored.last_event_at >= as_of.known_until then stored.status_then
            else stored.status_now
        end as status,
        coalesce(
            case
                when stored.last_event_at >= as_of.known_until then stored.held_then
                else stored.held_now
            end,
            stored.handling_unit
        ) as unit_name,
        -- one that was suspended after that midnight was not at it: its limit ends no sooner than this
        case
            when stored.suspended_since >= as_of.known_until then coalesce(stored.due_at, stored.limit_ends_at)
            else stored.due_at
        end as due_then,
        case when stored.suspended_since < as_of.known_until then stored.suspended_since end as suspended_then,
        -- where no rule holds, the stated time does, and every second counts
        coalesce(rules.calendar, 'always') as calendar
    from {{ ref('int_open_ticket') }} as stored
    inner join {{ ref('int_platform_as_of') }} as as_of
        on
            stored.platform_code = as_of.platform_code
            and stored.accepted_at < as_of.known_until
            and coalesce(stored.closed_at >= as_of.known_until, true)
    left join {{ ref('int_time_limit_rule') }} as rules
        on stored.time_limit_code = rules.code and {{ holds_on('rules', 'stored.accepted_at') }}

),

open_tickets as (

    select
        tickets.*,
        statuses.name_zh as status_name
    from tickets
    left join {{ ref('ticket_statuses') }} as statuses on tickets.status = statuses.code
    -- one that was opened again after that midnight was not open at it
    where coalesce(statuses.time_class <> 'done', true)

)

select
    open_tickets.platform_code,
    platforms.name_zh as platform_name,
    open_tickets.ticket_no,
    open_tickets.business_type,
    types.name_zh as business_type_name,
    open_tickets.category,
    open_tickets.subcategory,
    open_tickets.unit_name,
    open_tickets.status,
    open_tickets.status_name,

    ---------- time
    open_tickets.known_until,
    open_tickets.accepted_at,
    greatest(
        {{ integer_divide(seconds_between('open_tickets.accepted_at', 'open_tickets.known_until'), '86400') }}, 0
    ) as days_open,
    open_tickets.due_then as due_at,
    open_tickets.limit_ends_at,
    open_tickets.stated_due_at,
    open_tickets.suspended_then as suspended_since,
    open_tickets.calendar,
    {{ working_seconds('known_day', 'open_tickets.known_until', 'due_day', 'open_tickets.due_then') }} as seconds_left,
    open_tickets.is_due_provisional,
    case
        when open_tickets.due_then <= open_tickets.known_until then 'overdue'
        when cast(open_tickets.due_then as date) = cast(open_tickets.known_until as date) then 'due_today'
        when open_tickets.due_then is not null then 'due_later'
        when open_tickets.limit_ends_at is not null then 'waiting'
        else 'no_limit'
    end as urgency,
    open_tickets.origin

from open_tickets
inner join {{ ref('stg_platforms') }} as platforms on open_tickets.platform_code = platforms.code
left join {{ ref('business_types') }} as types on open_tickets.business_type = types.code
{{ join_working_day('known_day', 'open_tickets.known_until', 'open_tickets.calendar') }}
{{ join_working_day('due_day', 'open_tickets.due_then', 'open_tickets.calendar') }}
