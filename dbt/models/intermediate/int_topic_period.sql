-- Which months of a period have data, and which earlier periods hold the same ones.
with months as (

    select distinct month
    from {{ ref('mart_category_monthly') }}

),

periods as (

    {% for period_kind, length in {'month': 1, 'quarter': 3, 'year': 12}.items() -%}
    select
        '{{ period_kind }}' as period_kind,
        cast(date_trunc('{{ period_kind }}', month) as date) as period_start,
        {{ length }} as months_long,
        count(*) as months_with_data,
        -- a bit for each month of the year: the same number, the same months
        sum(power(2, extract(month from month))) as months_present
    from months
    group by cast(date_trunc('{{ period_kind }}', month) as date)
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

dated as (

    select
        *,
        {{ add_months('period_start', -12) }} as year_before,
        case period_kind
            when 'month' then {{ add_months('period_start', -1) }}
            when 'quarter' then {{ add_months('period_start', -3) }}
            else {{ add_months('period_start', -12) }}
        end as period_before,
        case period_kind
            when 'month' then {{ add_months('period_start', 1) }}
            when 'quarter' then {{ add_months('period_start', 3) }}
            else {{ add_months('period_start', 12) }}
        end as period_end
    from periods

)

select
    dated.period_kind,
    dated.period_start,
    dated.period_end,
    dated.months_with_data,
    dated.months_with_data = dated.months_long as has_all_months,
    last_year.period_start as previous_year_start,
    last_period.period_start as previous_period_start

from dated
left join dated as last_year
    on
        dated.period_kind = last_year.period_kind
        and dated.year_before = last_year.period_start
        and dated.months_present = last_year.months_present
left join dated as last_period
    on
        dated.period_kind = last_period.period_kind
        and dated.period_before = last_period.period_start
        and dated.months_with_data = dated.months_long
        and last_period.months_with_data = last_period.months_long
