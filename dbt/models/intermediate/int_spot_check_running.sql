-- Whether a round goes on: until all calls are in, or their time is over, nobody but the province may look.
with open_calls as (

    select
        assignments.frame_no,
        count(*) filter (where answers.check_no is null) as calls
    from {{ ref('stg_spot_check_assignments') }} as assignments
    left join {{ ref('int_spot_check_answer') }} as answers
        on assignments.check_no = answers.check_no and answers.is_as_handed_out
    where assignments.blind_recheck_of is null
    group by assignments.frame_no

),

newest as (

    select max(delivery_day) as day
    from {{ ref('stg_feed_deliveries') }}

)

select
    frames.frame_no,
    coalesce(open_calls.calls > 0, true) and newest.day < {{
        add_seconds('coalesce(draws.revealed_at, frames.frozen_at)', '86400 * parameters.calling_days')
    }} as is_running

from {{ ref('stg_spot_check_frames') }} as frames
cross join newest
left join {{ ref('stg_spot_check_draws') }} as draws on frames.frame_no = draws.frame_no
left join open_calls on frames.frame_no = open_calls.frame_no
inner join {{ ref('audit_parameters') }} as parameters on {{ holds_on('parameters', 'frames.period_from') }}
