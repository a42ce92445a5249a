with dispatched as (

    select
        ticket_no,
        platform_code,
        business_type,
        coalesce(complexity, 'ordinary') as complexity,
        accepted_at,
        dispatched_at
    from {{ changed_rows(ref('fct_ticket')) }}
    where dispatched_at is not null

),

ruled as (

    select
        dispatched.ticket_no,
        dispatched.dispatched_at,
        limits.amount,
        limits.unit,
        limits.ends_at,
        limits.calendar
    from dispatched
    inner join {{ ref('int_time_limit') }} as limits
        on
            dispatched.platform_code = limits.platform_code
            and dispatched.business_type = limits.business_type
            and dispatched.complexity = limits.complexity
            and {{ holds_on('limits', 'dispatched.accepted_at') }}
            and limits.limited_step = 'first_contact'

),

started as (

    select
        ruled.*,
        dispatch_day.working_day_number,
        {{ working_clock('dispatch_day', 'ruled.dispatched_at') }} as working_clock
    from ruled
    {{ join_working_day('dispatch_day', 'ruled.dispatched_at', 'ruled.calendar') }}

),

read as (

    select
        started.*,
        {{ limit_reading('started', 'last_day', 'started.amount') }} as reading
    from started
    {{ join_nth_working_day('last_day', 'started', 'started.amount') }}

)

select
    read.ticket_no,
    {{ instant_of_reading('hours', 'read.reading') }} as contact_due_at,
    coalesce(hours.is_provisional, false) as is_contact_due_provisional

from read
{{ join_clock_reading('hours', 'read.reading', 'read.calendar') }}
