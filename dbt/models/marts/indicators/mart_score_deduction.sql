with deductions as (

    select
        *,
        cast(cast(indicator_value as decimal(18, 2)) as varchar) as shown_value,
        cast(cast(reported_value as decimal(18, 2)) as varchar) as shown_reported,
        cast(cast(points as decimal(18, 2)) as varchar) as shown_points,
        cast(cast(weight as decimal(9, 2)) as varchar) as shown_weight,
        source = 'audited' and indicator_value < reported_value as is_capped
    from {{ ref('int_score_deduction') }}
    where source in ('reported', 'audited')

)

select
    deductions.month,
    deductions.platform_code,
    platforms.name_zh as platform_name,
    deductions.ruleset,
    deductions.source,
    deductions.indicator_code,
    indicators.name_zh as indicator_name,
    deductions.rule_kind,
    deductions.indicator_value,
    deductions.reported_value,
    cast(deductions.rank_in_indicator as integer) as rank_in_indicator,
    cast(deductions.ranked_platforms as integer) as ranked_platforms,
    cast(deductions.points as decimal(18, 4)) as points,

    case
        when points is null then indicators.name_zh || '未报送，无法计分'
        when rule_kind = 'rank_tier'
            then indicators.name_zh || shown_value || '，' || ranked_platforms || '个平台中排第' || rank_in_indicator
                || '，属第' || tier || '档（共4档），扣' || shown_points || '分'
        else indicators.name_zh || shown_value || '，目标' || cast(cast(target as decimal(18, 2)) as varchar)
            || '，每差1个点扣' || shown_weight || '分，扣' || shown_points || '分'
    end
    || case
        when is_capped
            then '（报送' || shown_reported || '；抽检' || sampled || '件，属实' || passed || '件，按抽检结果计）'
        else ''
    end as explanation_zh,

    case
        when points is null then indicators.name_en || ' was not reported: no score'
        when rule_kind = 'rank_tier'
            then indicators.name_en || ' ' || shown_value || ' ranks ' || rank_in_indicator || ' of '
                || ranked_platforms || ', quarter ' || tier || ' of 4: ' || shown_points || ' points off'
        else indicators.name_en || ' ' || shown_value || ' against a target of '
            || cast(cast(target as decimal(18, 2)) as varchar) || ', ' || shown_weight || ' a point: '
            || shown_points || ' points off'
    end
    || case
        when is_capped
            then ' (reported ' || shown_reported || '; spot check: ' || passed || ' of ' || sampled || ' true)'
        else ''
    end as explanation_en

from deductions
left join {{ ref('platforms') }} as platforms on deductions.platform_code = platforms.code
left join {{ ref('indicators') }} as indicators on deductions.indicator_code = indicators.code
