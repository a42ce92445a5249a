-- Among how many platforms a verdict is one: all in force, or all that have a frame of the month, of the year where
-- weeks add up. Whoever has no frame yet is planned all the same, so that no verdict changes when it comes.
with frames as (

    select
        frames.frame_no,
        frames.platform_code,
        frames.kind,
        frames.month,
        frames.calls_origin,
        case
            when kinds.is_weekly then cast(date_trunc('year', frames.month) as date)
            else frames.month
        end as family_from
    from {{ ref('int_spot_check_frame') }} as frames
    left join {{ ref('spot_check_kinds') }} as kinds on frames.kind = kinds.code

),

framed as (

    select kind, calls_origin, family_from, count(distinct platform_code) as platforms
    from frames
    group by kind, calls_origin, family_from

),

in_force as (

    select months.month, count(distinct platforms.code) as platforms
    from (select distinct month from frames) as months
    inner join {{ ref('platforms') }} as platforms on {{ holds_on('platforms', 'months.month') }}
    group by months.month

)

select
    frames.frame_no,
    greatest(framed.platforms, coalesce(in_force.platforms, 0)) as planned_platforms

from frames
inner join framed
    on
        frames.kind = framed.kind
        and frames.calls_origin = framed.calls_origin
        and frames.family_from = framed.family_from
left join in_force on frames.month = in_force.month
