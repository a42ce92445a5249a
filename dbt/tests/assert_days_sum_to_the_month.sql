{# In a build of changes, the months that changed. -#}
{%- set changed_months = ref('int_changed_month') -%}
with days as (

    select
        {{ month_start('figures.day') }} as month,
        figures.scope_kind,
        figures.platform_code,
        figures.scope_code,
        figures.indicator_code,
        sum(figures.numerator) as numerator,
        sum(figures.denominator) as denominator
    from {{ ref('mart_indicator_daily') }} as figures
    inner join {{ ref('stg_indicators') }} as definitions on figures.indicator_code = definitions.code
    where
        figures.population = definitions.population
        and figures.day >= {{ first_changed_month() }}
        {% if is_partial() -%}
        and {{ month_start('figures.day') }} in (
            select changed.ticket_month from {{ changed_months }} as changed
        )
        {%- endif %}
    group by all

)

-- months hold minutes to 4 decimals
select
    days.*,
    months.numerator as numerator_of_month
from days
left join {{ ref('mart_indicator') }} as months
    on
        months.period_kind = 'month'
        and days.month = months.period_start
        and days.scope_kind = months.scope_kind
        and days.platform_code is not distinct from months.platform_code
        and days.scope_code = months.scope_code
        and days.indicator_code = months.indicator_code
where
    months.numerator is null
    or abs(days.numerator - months.numerator) > 0.0001
    or days.denominator is distinct from months.denominator
