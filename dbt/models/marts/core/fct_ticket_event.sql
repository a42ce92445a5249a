with carried as (

    select
        *,
        last_value(phase_mark ignore nulls) over life = 'done' as is_done,
        last_value(done_mark ignore nulls) over life as done_status,
        last_value(open_mark ignore nulls) over life as open_status,
        nullif(last_value(holder_mark ignore nulls) over life, '') as to_unit,
        lead(occurred_at) over life as next_at,
        lead(working_clock) over life as next_working_clock
    from {{ ref('int_ticket_event_mark') }}
    window life as (partition by ticket_no order by event_seq rows unbounded preceding)

),

stated as (

    select
        *,
        case when is_done then done_status else open_status end as to_status
    from carried

)

select
    ---------- ids
    ticket_no,
    event_seq,
    operator_key,

    ---------- step
    event_type,
    unit_name,
    result,
    lag(to_status) over life as from_status,
    to_status,
    lag(to_unit) over life as from_unit,
    to_unit,

    ---------- time
    occurred_at,
    {{ seconds_between('occurred_at', 'next_at') }} as status_seconds,
    next_working_clock - working_clock as status_working_seconds,
    working_clock,

    ---------- lineage
    sender_code,
    delivery_day,
    file_hash,
    file_row_number

from stated
window life as (partition by ticket_no order by event_seq)
