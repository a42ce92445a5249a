{{ config(materialized='incremental', incremental_strategy='replace_periods') }}
-- Tickets of every matter by period and scope; a column that was summed over is null.
with monthly as (

    select
        month,
        platform_code,
        business_type,
        category,
        coalesce(subcategory, '未填写') as subcategory,
        tickets
    from {{ ref('mart_category_monthly') }}

),

in_periods as (

    {% for period_kind in ('month', 'quarter', 'year') -%}
    select
        '{{ period_kind }}' as period_kind,
        cast(date_trunc('{{ period_kind }}', month) as date) as period_start,
        platform_code,
        business_type,
        category,
        subcategory,
        tickets
    from monthly
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    period_kind,
    period_start,
    case when grouping(platform_code) = 1 then 'province' else 'platform' end as scope,
    platform_code,
    business_type,
    case when grouping(subcategory) = 1 then 'category' else 'subcategory' end as level,
    category,
    subcategory,
    cast(sum(tickets) as bigint) as tickets

from {{ rows_of_changed_periods('in_periods') }}

group by
    grouping sets (
        (period_kind, period_start, platform_code, business_type, category, subcategory),
        (period_kind, period_start, platform_code, business_type, category),
        (period_kind, period_start, platform_code, category, subcategory),
        (period_kind, period_start, platform_code, category),
        (period_kind, period_start, business_type, category, subcategory),
        (period_kind, period_start, business_type, category),
        (period_kind, period_start, category, subcategory),
        (period_kind, period_start, category)
    )
