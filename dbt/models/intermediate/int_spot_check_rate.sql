-- Spot checks counted per month, platform and rate, of the one frame that speaks of the platform's month: a recorded
-- one if there is any.
with frames as (

    select
        frames.*,
        row_number() over (
            partition by frames.month, frames.platform_code
            -- a frame that nobody called, or whose calls still come in, hides none that was
            order by
                (tally.frame_no is not null and not coalesce(running.is_running, false)) desc,
                (tally.frame_no is not null) desc, frames.is_recorded desc, frames.frozen_at desc, frames.frame_no asc
        ) as place
    from {{ ref('int_spot_check_frame') }} as frames
    inner join {{ ref('spot_check_kinds') }} as kinds on frames.kind = kinds.code
    left join {{ ref('int_spot_check_tally') }} as tally on frames.frame_no = tally.frame_no
    left join {{ ref('int_spot_check_running') }} as running on frames.frame_no = running.frame_no
    where kinds.is_judged and not kinds.is_weekly

)

{% for rate in ['callback', 'close', 'satisfaction'] -%}
select
    frames.month,
    frames.platform_code,
    frames.frame_no,
    '{{ rate }}' as rate,
    count(results.is_{{ rate }}_good) as sampled,
    count(*) filter (where results.is_{{ rate }}_good) as passed

from frames
left join {{ ref('int_spot_check_result') }} as results on frames.frame_no = results.frame_no and not results.is_outside
where frames.place = 1
group by frames.month, frames.platform_code, frames.frame_no
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
