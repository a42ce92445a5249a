with moves as (

    select
        ticket_no,
        count(*) filter (where is_extension and is_in_time) as extension_count,
        cast(coalesce(sum(step_clock) filter (where is_suspension and is_in_time), 0) as bigint) as paused_clock,
        max(suspended_since) filter (where is_suspension and ended_at is null) as suspended_since,
        coalesce(bool_or(is_in_time) filter (where is_suspension and ended_at is null), false) as is_waiting
    from {{ ref('int_ticket_limit_step') }}
    group by ticket_no

),

moved as (

    select
        limits.*,
        coalesce(moves.extension_count, 0) as extension_count,
        coalesce(moves.paused_clock, 0) as paused_clock,
        moves.suspended_since,
        coalesce(moves.is_waiting, false) as is_waiting
    from {{ ref('int_ticket_limit') }} as limits
    left join moves on limits.ticket_no = moves.ticket_no

),

extended as (

    select
        *,
        amount + extension_amount * extension_count as whole_amount
    from moved

),

read as (

    select
        extended.*,
        {{ limit_reading('extended', 'last_day', 'extended.whole_amount') }} as reading
    from extended
    {{ join_nth_working_day('last_day', 'extended', 'extended.whole_amount') }}

),

ended as (

    select
        read.*,
        coalesce({{ instant_of_reading('hours', 'read.reading') }}, read.stated_due_at) as limit_ends_at,
        case when read.paused_clock > 0 then read.reading + read.paused_clock end as moved_reading,
        coalesce(hours.is_provisional, false) as is_limit_provisional
    from read
    {{ join_clock_reading('hours', 'read.reading', 'read.calendar') }}

)

select
    ended.ticket_no,
    ended.time_limit_code,
    cast(ended.extension_count as integer) as extension_count,
    ended.suspended_since,
    ended.limit_ends_at,

    -- a ticket that waits since before its limit has none until it goes on
    case
        when not ended.is_waiting
            then
                coalesce(
                    {{ instant_of_reading('hours', 'ended.moved_reading') }},
                    {{ add_seconds('ended.limit_ends_at', 'ended.paused_clock') }}
                )
    end as due_at,
    ended.is_limit_provisional or coalesce(hours.is_provisional, false) as is_due_provisional

from ended
{{ join_clock_reading('hours', 'ended.moved_reading', 'ended.calendar') }}
