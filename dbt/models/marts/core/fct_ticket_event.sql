{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
-- One window operator for all: a second one, with lag over the first, would sort every event once more.
with carried as (

    select
        *,
        {% for moment, life in {'before': 'life_before', 'after': 'life'}.items() -%}
        last_value(phase_mark ignore nulls) over {{ life }} = 'done' as is_done_{{ moment }},
        last_value(done_mark ignore nulls) over {{ life }} as done_status_{{ moment }},
        last_value(open_mark ignore nulls) over {{ life }} as open_status_{{ moment }},
        last_value(holder_mark ignore nulls) over {{ life }} as holder_{{ moment }},
        {% endfor -%}
        lead(occurred_at) over life as next_at,
        lead(working_clock) over life as next_working_clock
    from {{ ref('int_ticket_event_mark') }}
    window
        life as (partition by ticket_no order by event_seq rows unbounded preceding),
        life_before as (partition by ticket_no order by event_seq rows between unbounded preceding and 1 preceding)

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
    case when is_done_before then done_status_before else open_status_before end as from_status,
    case when is_done_after then done_status_after else open_status_after end as to_status,
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
