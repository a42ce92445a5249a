-- The province has a row for all that a platform has, and no ticket of its own.
with platforms as (

    select
        figures.period_kind,
        figures.period_start,
        figures.indicator_code,
        sum(figures.numerator) as numerator,
        sum(figures.denominator) as denominator,
        count(*) as platforms
    from {{ ref('mart_indicator') }} as figures
    where figures.scope_kind = 'platform' and figures.value is not null and {{ is_of_this_build('figures') }}
    group by figures.period_kind, figures.period_start, figures.indicator_code

)

select platforms.*
from platforms
inner join {{ ref('stg_indicators') }} as definitions on platforms.indicator_code = definitions.code
left join {{ ref('mart_indicator') }} as province
    on
        province.scope_kind = 'province'
        and platforms.period_kind = province.period_kind
        and platforms.period_start = province.period_start
        and platforms.indicator_code = province.indicator_code
where
    province.value is null
    or (definitions.adds_up = 'yes' and (
        abs(platforms.numerator - province.numerator) > 0.0001 * platforms.platforms
        or platforms.denominator is distinct from province.denominator
    ))
