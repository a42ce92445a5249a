with ranked as (

    select
        *,
        -- competition ranking: equal values share the best rank
        rank() over (
            partition by month, ruleset, source, indicator_code
            order by case direction when 'low' then indicator_value else -indicator_value end nulls last
        ) as value_rank,
        count(indicator_value) over (partition by month, ruleset, source, indicator_code) as ranked_platforms
    from {{ ref('int_score_value') }}

),

tiered as (

    -- rounded up: with 15 platforms the quarters end at ranks 4, 8 and 12
    select
        *,
        case when indicator_value is not null then value_rank end as rank_in_indicator,
        {{ integer_divide('ranked_platforms + 3', '4') }} as first_quarter_ends,
        {{ integer_divide('2 * ranked_platforms + 3', '4') }} as second_quarter_ends,
        {{ integer_divide('3 * ranked_platforms + 3', '4') }} as third_quarter_ends
    from ranked

),

placed as (

    select
        *,
        case
            when rule_kind <> 'rank_tier' or rank_in_indicator is null then null
            when rank_in_indicator <= first_quarter_ends then 1
            when rank_in_indicator <= second_quarter_ends then 2
            when rank_in_indicator <= third_quarter_ends then 3
            else 4
        end as tier,
        -- how far the value is on the bad side of its target
        greatest(
            case direction
                when 'low' then indicator_value - coalesce(target, 0)
                else coalesce(target, 1) - indicator_value
            end,
            0
        ) as distance
    from tiered

),

entered as (

    select
        *,
        case when distance > 0 then coalesce(entry_points, 0) else 0 end as entry
    from placed

),

priced as (

    select
        *,
        cast(
            case rule_kind
                when 'rank_tier' then weight * (tier - 1)
                when 'flat' then case when distance > 0 then weight else 0 end
                when 'boolean' then case when indicator_value = coalesce(target, 1) then 0 else weight end
                when 'threshold_slope' then {{ ratio_half_up('weight * distance', 'coalesce(step, 1)', 4) }} + entry
                else {{ ratio_half_up('weight * distance', 'coalesce(step, 1)', 4) }}
            end as decimal(18, 4)
        ) as full_points
    from entered

)

select
    month,
    platform_code,
    ruleset,
    source,
    origin,
    indicator_code,
    rule_kind,
    direction,
    weight,
    target,
    coalesce(step, 1) as step,
    entry_points,
    floor_marks,
    reported_value,
    indicator_value,
    numerator,
    denominator,
    pending,
    rank_in_indicator,
    ranked_platforms,
    tier,
    audited_rate,
    sampled,
    passed,
    audited_value,
    coalesce(full_points > full_marks - floor_marks, false) as is_floored,
    case
        -- first, because greatest() and least() pass over nulls: what was not reported would cost nothing
        when indicator_value is null then null
        else cast(least(full_points, coalesce(full_marks - floor_marks, full_points)) as decimal(18, 4))
    end as points

from priced
