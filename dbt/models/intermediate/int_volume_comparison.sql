-- Which platforms are whole in both months of a comparison, and whom the province's must leave out; null: the province.
with totals as (

    select distinct month
    from {{ ref('mart_volume_monthly') }}

),

platform_months as (

    select
        totals.month,
        names.code as platform_code,
        names.name_zh,
        names.sort_order,
        bool_or(
            {{ holds_on('platforms', 'totals.month') }}
            or {{ holds_on('platforms', add_months('totals.month', -12)) }}
        ) as is_of_years,
        bool_or(coalesce(this_month.has_all_tickets and year_before.has_all_tickets, false)) as is_whole_in_years,
        bool_or(
            {{ holds_on('platforms', 'totals.month') }}
            or {{ holds_on('platforms', add_months('totals.month', -1)) }}
        ) as is_of_months,
        bool_or(coalesce(this_month.has_all_tickets and month_before.has_all_tickets, false)) as is_whole_in_months
    from totals
    inner join {{ ref('platforms') }} as platforms
        on
            {{ holds_on('platforms', 'totals.month') }}
            or {{ holds_on('platforms', add_months('totals.month', -1)) }}
            or {{ holds_on('platforms', add_months('totals.month', -12)) }}
    inner join {{ ref('stg_platforms') }} as names on platforms.code = names.code
    left join {{ ref('int_platform_month') }} as this_month
        on totals.month = this_month.month and platforms.code = this_month.platform_code
    left join {{ ref('int_platform_month') }} as year_before
        on
            year_before.month = {{ add_months('totals.month', -12) }}
            and platforms.code = year_before.platform_code
    left join {{ ref('int_platform_month') }} as month_before
        on
            month_before.month = {{ add_months('totals.month', -1) }}
            and platforms.code = month_before.platform_code
    group by totals.month, names.code, names.name_zh, names.sort_order

)

{% for platform_code in ('platform_code', 'null') -%}
select
    month,
    {{ platform_code }} as platform_code,
    bool_or(is_whole_in_years) as is_compared_in_years,
    {{ joined_texts(
        'case when is_of_years and not is_whole_in_years then name_zh end', '、', 'sort_order'
    ) }} as left_out_in_years,
    bool_or(is_whole_in_months) as is_compared_in_months,
    {{ joined_texts(
        'case when is_of_months and not is_whole_in_months then name_zh end', '、', 'sort_order'
    ) }} as left_out_in_months
from platform_months
group by month{{ ', platform_code' if not loop.last }}
{% if not loop.last %}union all{% endif %}

{% endfor %}
