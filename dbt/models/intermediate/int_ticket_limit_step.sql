-- Extensions and suspensions in their order: each counts when the limit, as those before have moved it, has not passed.
with steps as (

    select
        limits.*,
        events.event_seq,
        events.event_type = 'extension' as is_extension,
        events.to_status = 'suspended' as is_suspension,
        coalesce(events.from_status = 'suspended', false) as is_continued,
        events.occurred_at,
        {{ add_seconds('events.occurred_at', 'events.status_seconds') }} as ended_at
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    inner join {{ ref('int_ticket_limit') }} as limits on events.ticket_no = limits.ticket_no
    where events.event_type = 'extension' or events.to_status = 'suspended'

),

timed as (

    select
        steps.*,
        {{ working_seconds('first_day', 'steps.occurred_at', 'end_day', 'steps.ended_at') }} as step_clock
    from steps
    {{ join_working_day('first_day', 'steps.occurred_at', 'steps.calendar') }}
    {{ join_working_day('end_day', 'steps.ended_at', 'steps.calendar') }}

),

counted as (

    select
        *,
        count(*) filter (where is_extension) over steps_before as extensions_before,
        amount
        + extension_amount
        * least(count(*) filter (where is_extension) over steps_before, most_extensions) as amount_before,
        cast(
            coalesce(sum(step_clock) filter (where is_suspension) over steps_before, 0) as bigint
        ) as paused_before,
        max(occurred_at) filter (where is_suspension and not is_continued) over life as suspended_since
    from timed
    window
        life as (partition by ticket_no order by event_seq rows unbounded preceding),
        steps_before as (partition by ticket_no order by event_seq rows between unbounded preceding and 1 preceding)

),

read as (

    select
        counted.*,
        {{ limit_reading('counted', 'last_day', 'counted.amount_before') }} + counted.paused_before as reading
    from counted
    {{ join_nth_working_day('last_day', 'counted', 'counted.amount_before') }}

)

select
    read.ticket_no,
    read.event_seq,
    read.is_extension and read.extensions_before < read.most_extensions as is_extension,
    read.is_suspension,
    read.ended_at,
    read.step_clock,
    read.suspended_since,

    -- once the limit has passed nothing counts; a suspension that goes on counts as its beginning does
    bool_and(
        read.is_continued
        or coalesce(
            read.occurred_at <= coalesce(
                {{ instant_of_reading('hours', 'read.reading') }},
                {{ add_seconds('read.stated_due_at', 'read.paused_before') }}
            ),
            false
        )
    ) over (partition by read.ticket_no order by read.event_seq rows unbounded preceding) as is_in_time

from read
{{ join_clock_reading('hours', 'read.reading', 'read.calendar') }}
