-- The province has a row for all that a platform has, and no ticket of its own.
with platforms as (

    select
        period_kind,
        period_start,
        indicator_code,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as platforms
    from {{ ref('mart_indicator') }}
    where scope_kind = 'platform' and value is not null
    group by period_kind, period_start, indicator_code

)

select platforms.*
from platforms
inner join {{ ref('dim_indicator') }} as definitions on platforms.indicator_code = definitions.indicator_code
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
