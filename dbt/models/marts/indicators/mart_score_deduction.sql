with deductions as (

    select *
    from {{ ref('int_score_deduction') }}
    where source in ('reported', 'audited', 'computed')

),

named as (

    select
        deductions.*,
        platforms.name_zh as platform_name,
        indicators.name_zh as indicator_name,
        indicators.name_en as indicator_name_en,
        cast(cast(deductions.indicator_value as decimal(18, 2)) as varchar) as shown_value,
        cast(cast(deductions.reported_value as decimal(18, 2)) as varchar) as shown_reported,
        cast(cast(coalesce(deductions.target, 0) as decimal(18, 2)) as varchar) as shown_target,
        cast(cast(deductions.step as decimal(9, 2)) as varchar) as shown_step,
        cast(cast(coalesce(deductions.entry_points, 0) as decimal(9, 2)) as varchar) as shown_entry,
        cast(cast(deductions.floor_marks as decimal(9, 2)) as varchar) as shown_floor,
        cast(cast(deductions.weight as decimal(9, 2)) as varchar) as shown_weight,
        cast(cast(deductions.points as decimal(18, 2)) as varchar) as shown_points,
        deductions.source = 'audited' and deductions.indicator_value < deductions.reported_value as is_capped
    from deductions
    left join {{ ref('stg_platforms') }} as platforms on deductions.platform_code = platforms.code
    left join {{ ref('stg_indicators') }} as indicators on deductions.indicator_code = indicators.code

)

select
    month,
    platform_code,
    platform_name,
    ruleset,
    source,
    origin,
    indicator_code,
    indicator_name,
    rule_kind,
    direction,
    cast(target as decimal(18, 4)) as target,
    indicator_value,
    cast(numerator as decimal(18, 4)) as numerator,
    cast(denominator as decimal(18, 4)) as denominator,
    cast(pending as bigint) as pending,
    reported_value,
    cast(rank_in_indicator as integer) as rank_in_indicator,
    cast(ranked_platforms as integer) as ranked_platforms,
    cast(tier as integer) as tier,
    case when source = 'audited' then sampled end as sampled,
    case when source = 'audited' then passed end as passed,
    cast(points as decimal(18, 4)) as points,

    case
        when points is null and source = 'computed'
            then concat(indicator_name, '不能由工单算出，或月份数据不完整，无法计分')
        when points is null then concat(indicator_name, '未报送或上报值不可能，无法计分')
        when rule_kind = 'rank_tier'
            then concat(
                indicator_name, shown_value, '，', ranked_platforms, '个平台中排第', rank_in_indicator,
                '，属第', tier, '档（共4档），扣', shown_points, '分'
            )
        when rule_kind = 'boolean'
            then concat(
                indicator_name, case when indicator_value = 1 then '为是' else '为否' end, '，扣', shown_points, '分'
            )
        when rule_kind = 'flat'
            then concat(indicator_name, shown_value, '，要求', shown_target, '，扣', shown_points, '分')
        when rule_kind in ('per_count', 'per_minute')
            then concat(
                indicator_name, shown_value, '，允许', shown_target, '，超出部分每', shown_step,
                case rule_kind when 'per_count' then '次' else '分钟' end, '扣', shown_weight, '分，扣', shown_points, '分'
            )
        when rule_kind = 'threshold_slope'
            then concat(
                indicator_name, shown_value, '，', shown_target, '为不扣分线',
                case when entry_points > 0 then concat('，越线先扣', shown_entry, '分') else '' end,
                '，每差', shown_step, '扣', shown_weight, '分，扣', shown_points, '分'
            )
        else concat(
            indicator_name, shown_value, '，目标', shown_target, '，每差1个点扣', shown_weight, '分，扣',
            shown_points, '分'
        )
    end
    || case when pending > 0 then concat('（另有', pending, '件未到期，未计入）') else '' end
    || case when is_floored then concat('（扣到保底', shown_floor, '分为止）') else '' end
    || case
        when is_capped
            then concat('（报送', shown_reported, '；抽检', sampled, '件，属实', passed, '件，按抽检结果计）')
        else ''
    end as explanation_zh,

    case
        when points is null and source = 'computed'
            then concat(indicator_name_en, ' cannot be computed from tickets, or the month is not whole: no score')
        when points is null then concat(indicator_name_en, ' was not reported, or cannot be so: no score')
        when rule_kind = 'rank_tier'
            then concat(
                indicator_name_en, ' ', shown_value, ' ranks ', rank_in_indicator, ' of ', ranked_platforms,
                ', quarter ', tier, ' of 4: ', shown_points, ' points off'
            )
        when rule_kind = 'boolean'
            then concat(
                indicator_name_en, case when indicator_value = 1 then ': yes, ' else ': no, ' end, shown_points,
                ' points off'
            )
        when rule_kind = 'flat'
            then concat(
                indicator_name_en, ' ', shown_value, ' where ', shown_target, ' is required: ', shown_points,
                ' points off'
            )
        when rule_kind in ('per_count', 'per_minute')
            then concat(
                indicator_name_en, ' ', shown_value, ', ', shown_target, ' allowed, ', shown_weight, ' for each ',
                shown_step, case rule_kind when 'per_count' then ' more: ' else ' minutes more: ' end, shown_points,
                ' points off'
            )
        when rule_kind = 'threshold_slope'
            then concat(
                indicator_name_en, ' ', shown_value, ', nothing off up to ', shown_target,
                case when entry_points > 0 then concat(', ', shown_entry, ' on crossing it') else '' end,
                ', ', shown_weight, ' for each ', shown_step, ' beyond: ', shown_points, ' points off'
            )
        else concat(
            indicator_name_en, ' ', shown_value, ' against a target of ', shown_target, ', ', shown_weight,
            ' a point: ', shown_points, ' points off'
        )
    end
    || case when pending > 0 then concat(' (', pending, ' not yet due, left out)') else '' end
    || case when is_floored then concat(' (no further than the floor of ', shown_floor, ')') else '' end
    || case
        when is_capped
            then concat(' (reported ', shown_reported, '; spot check: ', passed, ' of ', sampled, ' true)')
        else ''
    end as explanation_en

from named
