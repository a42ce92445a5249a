{%- set rollup_key -%}
concat_ws(
    '|', rollup, coalesce(platform_code, '*'), coalesce(business_type, '*'), coalesce(domain, '*'), coalesce(domain_group, '*')
)
{%- endset -%}
with rollups as (

    select
        *,
        {{ rollup_key }} as rollup_key
    from {{ ref('int_volume_rollup') }}

),

found as (

    select
        rollup,
        platform_code,
        max(platform_name) as platform_name,
        business_type,
        max(business_type_name) as business_type_name,
        domain,
        max(domain_name) as domain_name,
        domain_group,
        max(domain_group_name) as domain_group_name
    from rollups
    group by rollup, platform_code, business_type, domain, domain_group

),

scopes as (

    select *, {{ rollup_key }} as rollup_key
    from found
    where rollup <> 'platform_business_type'

    union all

    -- every platform with every type: a platform that never had a suggestion still has a line for them
    select *, {{ rollup_key }} as rollup_key
    from (
        select
            'platform_business_type' as rollup,
            platforms.platform_code,
            platforms.platform_name,
            types.business_type,
            types.business_type_name,
            types.domain,
            types.domain_name,
            types.domain_group,
            types.domain_group_name
        from found as platforms
        cross join found as types
        where platforms.rollup = 'platform' and types.rollup = 'business_type'
    ) as pairs

),

totals as (

    select month, tickets
    from rollups
    where rollup = 'total'

),

-- which platforms are whole in both months, and which the province's comparison must leave out
platform_months as (

    select
        totals.month,
        names.code as platform_code,
        names.name_zh,
        names.sort_order,
        {% for pair, base, months in [('years', 'year_before', -12), ('months', 'month_before', -1)] -%}
        bool_or(
            {{ holds_on('platforms', 'totals.month') }}
            or {{ holds_on('platforms', add_months('totals.month', months)) }}
        ) as is_of_{{ pair }},
        bool_or(coalesce(this_month.has_all_tickets and {{ base }}.has_all_tickets, false)) as is_whole_in_{{ pair }}
        {{- ',' if not loop.last }}
        {% endfor %}
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

),

comparisons as (

    {% for platform_code in ('platform_code', 'null') -%}
    select
        month,
        {{ platform_code }} as platform_code,
        {% for pair in ('years', 'months') -%}
        bool_or(is_whole_in_{{ pair }}) as is_compared_in_{{ pair }},
        {{ joined_texts(
            'case when is_of_' ~ pair ~ ' and not is_whole_in_' ~ pair ~ ' then name_zh end', '、', 'sort_order'
        ) }} as left_out_in_{{ pair }}{{ ',' if not loop.last }}
        {% endfor -%}
    from platform_months
    group by month{{ ', platform_code' if not loop.last }}
    {% if not loop.last %}union all{% endif %}

    {% endfor %}
),

compared as (

    -- every scope in every month that has tickets: a scope without any is a zero, not a gap
    select
        totals.month,
        scopes.*,
        totals.tickets as tickets_of_month,
        coalesce(this_month.tickets, 0) as tickets,
        case when year_before.month is not null then coalesce(last_year.tickets, 0) end as tickets_previous_year,
        case when month_before.month is not null then coalesce(last_month.tickets, 0) end as tickets_previous_month,

        -- of platforms that are whole in both months alone: part of a month beside a whole one would look like a fall
        {% for pair, before, last, after in [
            ('years', 'year_before', 'last_year', 'year_after'), ('months', 'month_before', 'last_month', 'month_after')
        ] -%}
        case when comparisons.is_compared_in_{{ pair }} and {{ before }}.month is not null
            then coalesce(this_month.tickets_whole_with_{{ before }}, 0)
        end as tickets_compared_in_{{ pair }},
        case when comparisons.is_compared_in_{{ pair }} and {{ before }}.month is not null
            then coalesce({{ last }}.tickets_whole_with_{{ after }}, 0)
        end as base_in_{{ pair }},
        comparisons.left_out_in_{{ pair }}{{ ',' if not loop.last }}
        {% endfor %}
    from totals
    cross join scopes
    left join totals as year_before on year_before.month = {{ add_months('totals.month', -12) }}
    left join totals as month_before on month_before.month = {{ add_months('totals.month', -1) }}
    left join rollups as this_month
        on totals.month = this_month.month and scopes.rollup_key = this_month.rollup_key
    left join rollups as last_year
        on year_before.month = last_year.month and scopes.rollup_key = last_year.rollup_key
    left join rollups as last_month
        on month_before.month = last_month.month and scopes.rollup_key = last_month.rollup_key
    left join comparisons
        on totals.month = comparisons.month and scopes.platform_code is not distinct from comparisons.platform_code

)

select
    month,
    rollup,
    platform_code,
    platform_name,
    business_type,
    business_type_name,
    domain,
    domain_name,
    domain_group,
    domain_group_name,
    tickets,
    tickets_of_month,
    tickets_previous_year,
    tickets_previous_month,
    cast({{ percent_of('tickets', 'tickets_of_month', 2) }} as decimal(9, 2)) as share_pct,
    cast({{ ratio_half_up('tickets_compared_in_years - base_in_years', 'base_in_years', 2, 100) }} as decimal(9, 2))
        as yoy_pct,
    cast({{ ratio_half_up('tickets_compared_in_months - base_in_months', 'base_in_months', 2, 100) }} as decimal(9, 2))
        as mom_pct,
    tickets_compared_in_years as yoy_tickets,
    base_in_years as yoy_base,
    left_out_in_years as yoy_left_out,
    tickets_compared_in_months as mom_tickets,
    base_in_months as mom_base,
    left_out_in_months as mom_left_out

from compared
