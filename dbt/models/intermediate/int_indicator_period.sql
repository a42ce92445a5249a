-- Numerators and denominators of months, quarters and years.
with months as (

    select
        month,
        scope_kind,
        platform_code,
        scope_code,
        indicator_code,
        numerator,
        denominator,
        closed_numerator,
        closed_denominator,
        stated_numerator,
        stated_denominator,
        pending
    from {{ ref('int_indicator_computed') }}

    union all

    select
        month,
        scope_kind,
        platform_code,
        scope_code,
        indicator_code,
        numerator,
        denominator,
        null as closed_numerator,
        null as closed_denominator,
        null as stated_numerator,
        null as stated_denominator,
        pending
    from {{ rows_of_changed_years(ref('int_indicator_measured')) }}

)

{% for period_kind in ('month', 'quarter', 'year') -%}
select
    '{{ period_kind }}' as period_kind,
    cast(date_trunc('{{ period_kind }}', months.month) as date) as period_start,
    months.scope_kind,
    months.platform_code,
    months.scope_code,
    months.indicator_code,
    sum(months.numerator) as numerator,

    -- inhabitants are the same people every month: the latest figure stands for the period
    case
        when max(definitions.adds_up) = 'over_places' then max_by(months.denominator, months.month)
        else sum(months.denominator)
    end as denominator,
    sum(months.closed_numerator) as closed_numerator,
    sum(months.closed_denominator) as closed_denominator,
    sum(months.stated_numerator) as stated_numerator,
    sum(months.stated_denominator) as stated_denominator,
    sum(months.pending) as pending,
    count(*) as months_counted,
    max(months.month) as latest_month
from months
inner join {{ ref('indicators') }} as definitions
    on months.indicator_code = definitions.code and {{ holds_on('definitions', 'months.month') }}
group by
    date_trunc('{{ period_kind }}', months.month),
    months.scope_kind,
    months.platform_code,
    months.scope_code,
    months.indicator_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
