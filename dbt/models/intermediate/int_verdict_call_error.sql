-- How often two callers who do not know of each other differ, over all platforms, in the months before each frame's.
with pairs as (

    select
        {{ month_start('firsts.called_at') }} as month,
        coalesce(firsts.is_callback_good <> seconds.is_callback_good, false)
        or coalesce(firsts.is_close_good <> seconds.is_close_good, false)
        or coalesce(firsts.is_satisfaction_good <> seconds.is_satisfaction_good, false) as is_differing
    from {{ ref('int_spot_check_call') }} as firsts
    inner join {{ ref('int_spot_check_call') }} as seconds
        on
            firsts.check_no = seconds.blind_recheck_of
            and firsts.frame_no = seconds.frame_no
            and firsts.ticket_key = seconds.ticket_key
            and firsts.caller_key <> seconds.caller_key
    where firsts.is_reached and seconds.is_reached and not (firsts.is_adjudicated or seconds.is_adjudicated)

)

select
    frames.month,
    count(pairs.month) as pairs,
    count(*) filter (where pairs.is_differing) as differing

from (select distinct month from {{ ref('int_spot_check_frame') }}) as frames
left join pairs
    on frames.month >= pairs.month and pairs.month > {{ add_months('frames.month', '-12') }}
group by frames.month
