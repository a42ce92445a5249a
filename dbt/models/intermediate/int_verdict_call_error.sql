-- How often two callers who do not know of each other differ, over all platforms, in the twelve months of each frame's.
-- Of what they heard, whatever became of it: most that differ are adjudicated afterwards.
with pairs as (

    select
        {{ month_start('firsts.called_at') }} as month,
        frames.calls_origin,
        coalesce(firsts.is_callback_true <> seconds.is_callback_true, false)
        or coalesce(firsts.is_close_true <> seconds.is_close_true, false)
        or coalesce(firsts.is_satisfaction_true <> seconds.is_satisfaction_true, false) as is_differing
    from {{ ref('int_spot_check_answer') }} as firsts
    inner join {{ ref('int_spot_check_answer') }} as seconds
        on
            firsts.check_no = seconds.blind_recheck_of
            and firsts.ticket_no = seconds.ticket_no
            and firsts.caller_key <> seconds.caller_key
    inner join {{ ref('int_spot_check_frame') }} as frames on firsts.frame_no = frames.frame_no
    where
        firsts.is_as_handed_out and seconds.is_as_handed_out
        -- a rate that both answered
        and (
            (firsts.is_callback_true = seconds.is_callback_true) is not null
            or (firsts.is_close_true = seconds.is_close_true) is not null
            or (firsts.is_satisfaction_true = seconds.is_satisfaction_true) is not null
        )

)

select
    frames.month,
    frames.calls_origin,
    count(pairs.month) as pairs,
    count(*) filter (where pairs.is_differing) as differing

from (select distinct month, calls_origin from {{ ref('int_spot_check_frame') }}) as frames
left join pairs
    on
        frames.calls_origin = pairs.calls_origin
        and frames.month >= pairs.month and pairs.month > {{ add_months('frames.month', '-12') }}
group by frames.month, frames.calls_origin
