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
        end as tier
    from tiered

)

select
    month,
    platform_code,
    ruleset,
    source,
    indicator_code,
    rule_kind,
    weight,
    target,
    reported_value,
    indicator_value,
    rank_in_indicator,
    ranked_platforms,
    tier,
    audited_rate,
    sampled,
    passed,
    audited_value,
    case
        -- first, because greatest() passes over nulls: what was not reported would cost nothing
        when indicator_value is null then null
        when rule_kind = 'rank_tier' then cast(weight * (tier - 1) as decimal(18, 4))
        when rule_kind = 'per_point' then cast(weight * greatest(target - indicator_value, 0) as decimal(18, 4))
    end as points

from placed
