{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
with before as (

    select
        *,
        last_value(phase_mark ignore nulls) over life_before as phase_before,
        last_value(done_mark ignore nulls) over life_before as done_before,
        last_value(open_mark ignore nulls) over life_before as open_before,
        last_value(holder_mark ignore nulls) over life_before as holder_before,
        lead(occurred_at) over life as next_at,
        lead(working_clock) over life as next_working_clock
    from {{ ref('int_ticket_event_mark') }}
    window
        life as (partition by ticket_no order by event_seq),
        life_before as (partition by ticket_no order by event_seq rows between unbounded preceding and 1 preceding)

),

-- what an event leaves is what it says, or what was before it: a second window would cost as much as the first
carried as (

    select
        *,
        coalesce(phase_mark, phase_before) as phase_after,
        coalesce(done_mark, done_before) as done_after,
        coalesce(open_mark, open_before) as open_after,
        coalesce(holder_mark, holder_before) as holder_after
    from before

)

select
    ---------- ids
    ticket_no,
    event_seq,
    platform_code,
    operator_key,

    ---------- step
    event_type,
    unit_name,
    result,
    case when phase_before = 'done' then done_before else open_before end as from_status,
    case when phase_after = 'done' then done_after else open_after end as to_status,
    nullif(holder_before, '') as from_unit,
    nullif(holder_after, '') as to_unit,

    ---------- time
    occurred_at,
    {{ seconds_between('occurred_at', 'next_at') }} as status_seconds,
    next_working_clock - working_clock as status_working_seconds,
    working_clock,

    ---------- lineage
    sender_code,
    delivery_day,
    file_hash,
    file_row_number,
    ticket_day,
    {{ this_build() }} as built_in

from carried
{{ sorted_by_day() }}
