with both_sources as (

    select
        period_start as month,
        platform_code,
        indicator_code,
        'computed' as source,
        population,
        numerator,
        denominator,
        value,
        closed_numerator,
        closed_denominator,
        closed_value,
        stated_numerator,
        stated_denominator,
        stated_value,
        pending,
        months_known = months_in_period as is_whole,
        is_mature,
        is_small_sample,
        {{ origin_of('platform_code', 'period_start') }} as origin
    from {{ ref('int_indicator_value') }}
    where period_kind = 'month' and scope_kind = 'platform'

    union all

    -- platforms send a figure only: what it was counted on is not known, and it is as final as they sent it
    select
        month,
        platform_code,
        indicator_code,
        'reported' as source,
        null as population,
        null as numerator,
        null as denominator,
        reported_value as value,
        null as closed_numerator,
        null as closed_denominator,
        null as closed_value,
        null as stated_numerator,
        null as stated_denominator,
        null as stated_value,
        null as pending,
        true as is_whole,
        true as is_mature,
        null as is_small_sample,
        origin
    from {{ ref('fct_reported_indicator') }}

)

select
    both_sources.month,
    both_sources.platform_code,
    platforms.name_zh as platform_name,
    both_sources.indicator_code,
    indicators.name_zh as indicator_name,
    indicators.name_en as indicator_name_en,
    indicators.unit,
    both_sources.source,
    both_sources.population,
    cast(both_sources.numerator as decimal(18, 4)) as numerator,
    cast(both_sources.denominator as decimal(18, 4)) as denominator,
    cast(both_sources.value as decimal(18, 4)) as value,
    cast(both_sources.closed_numerator as decimal(18, 4)) as closed_numerator,
    cast(both_sources.closed_denominator as decimal(18, 4)) as closed_denominator,
    cast(both_sources.closed_value as decimal(18, 4)) as closed_value,
    cast(both_sources.stated_numerator as decimal(18, 4)) as stated_numerator,
    cast(both_sources.stated_denominator as decimal(18, 4)) as stated_denominator,
    cast(both_sources.stated_value as decimal(18, 4)) as stated_value,
    cast(both_sources.pending as bigint) as pending,
    both_sources.is_whole,
    both_sources.is_mature,
    both_sources.is_small_sample,
    both_sources.origin

from both_sources
left join {{ ref('stg_indicators') }} as indicators on both_sources.indicator_code = indicators.code
left join {{ ref('stg_platforms') }} as platforms on both_sources.platform_code = platforms.code
