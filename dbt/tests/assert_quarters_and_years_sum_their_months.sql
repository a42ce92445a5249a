with months as (

    -- a year is made anew as a whole
    select figures.*
    from {{ ref('mart_indicator') }} as figures
    where figures.period_kind = 'month' and figures.value is not null and {{ is_of_this_build('figures') }}

),

summed as (

    {% for period_kind in ('quarter', 'year') -%}
    select
        '{{ period_kind }}' as period_kind,
        cast(date_trunc('{{ period_kind }}', period_start) as date) as period_start,
        scope_kind,
        platform_code,
        scope_code,
        indicator_code,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as months
    from months
    group by date_trunc('{{ period_kind }}', period_start), scope_kind, platform_code, scope_code, indicator_code
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

)

-- the rounding of minutes in each month is all that may differ
select summed.*
from summed
inner join {{ ref('stg_indicators') }} as definitions on summed.indicator_code = definitions.code
left join {{ ref('mart_indicator') }} as periods
    on
        summed.period_kind = periods.period_kind
        and summed.period_start = periods.period_start
        and summed.scope_kind = periods.scope_kind
        and summed.platform_code is not distinct from periods.platform_code
        and summed.scope_code = periods.scope_code
        and summed.indicator_code = periods.indicator_code
where
    definitions.adds_up = 'yes'
    and (
        periods.value is null
        or abs(summed.numerator - periods.numerator) > 0.0001 * summed.months
        or summed.denominator is distinct from periods.denominator
    )
