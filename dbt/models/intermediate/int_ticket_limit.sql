with tickets as (

    select
        ticket_no,
        platform_code,
        business_type,
        coalesce(complexity, 'ordinary') as complexity,
        accepted_at,
        stated_due_at
    from {{ changed_rows(ref('stg_tickets')) }}

),

ruled as (

    select
        tickets.ticket_no,
        tickets.accepted_at,
        tickets.stated_due_at,
        limits.time_limit_code,
        limits.amount,
        limits.unit,
        limits.ends_at,
        limits.extension_amount,
        limits.most_extensions,

        -- where no rule holds, the stated time does, and every second of a suspension counts
        coalesce(limits.calendar, 'always') as calendar
    from tickets
    left join {{ ref('int_time_limit') }} as limits
        on
            tickets.platform_code = limits.platform_code
            and tickets.business_type = limits.business_type
            and tickets.complexity = limits.complexity
            and {{ holds_on('limits', 'tickets.accepted_at') }}
            and limits.limited_step = 'close'

)

select
    ruled.*,
    accepted_day.working_day_number,
    {{ working_clock('accepted_day', 'ruled.accepted_at') }} as working_clock

from ruled
{{ join_working_day('accepted_day', 'ruled.accepted_at', 'ruled.calendar') }}
