-- Whether a round goes on: until all its calls are in, or their time is over, nobody but the province may look. A round
-- is what was frozen together: who is done waits for the others, for Holm's correction tells of their chances too.
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

    -- a file in the folder of tomorrow ends no time for calls
    select max(least(delivery_day, cast(ingested_at as date))) as day
    from {{ ref('stg_feed_deliveries') }}

),

frames as (

    select
        frames.frame_no,
        frames.platform_code,
        frames.kind,
        frames.period_from,
        frames.frozen_at,
        coalesce(open_calls.calls > 0, true) and newest.day < {{
            add_seconds('coalesce(draws.revealed_at, frames.frozen_at)', '86400 * parameters.calling_days')
        }} as has_open_calls
    from {{ ref('stg_spot_check_frames') }} as frames
    cross join newest
    left join {{ ref('stg_spot_check_draws') }} as draws on frames.frame_no = draws.frame_no
    left join open_calls on frames.frame_no = open_calls.frame_no
    inner join {{ ref('audit_parameters') }} as parameters on {{ holds_on('parameters', 'frames.period_from') }}

),

rounds as (

    select
        *,
        bool_or(has_open_calls) over (partition by kind, period_from, frozen_at) as is_open
    from frames

)

select
    rounds.frame_no,
    rounds.platform_code,
    cast(rounds.frozen_at as date) as frozen_on,
    case
        -- the statistics of a week hold those of the weeks before it
        when kinds.is_weekly
            then bool_or(rounds.is_open) over (
                partition by rounds.platform_code, rounds.kind
                order by rounds.period_from, rounds.frame_no rows unbounded preceding
            )
        else rounds.is_open
    end as is_running

from rounds
left join {{ ref('spot_check_kinds') }} as kinds on rounds.kind = kinds.code
