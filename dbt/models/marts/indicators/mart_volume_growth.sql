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
        case
            when comparisons.is_compared_in_years and year_before.month is not null
                then coalesce(this_month.tickets_whole_with_year_before, 0)
        end as tickets_compared_in_years,
        case
            when comparisons.is_compared_in_years and year_before.month is not null
                then coalesce(last_year.tickets_whole_with_year_after, 0)
        end as base_in_years,
        comparisons.left_out_in_years,
        case
            when comparisons.is_compared_in_months and month_before.month is not null
                then coalesce(this_month.tickets_whole_with_month_before, 0)
        end as tickets_compared_in_months,
        case
            when comparisons.is_compared_in_months and month_before.month is not null
                then coalesce(last_month.tickets_whole_with_month_after, 0)
        end as base_in_months,
        comparisons.left_out_in_months
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
    left join {{ ref('int_volume_comparison') }} as comparisons
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
    cast({{ growth_of('tickets_compared_in_years', 'base_in_years', 2) }} as decimal(9, 2))
        as yoy_pct,
    cast({{ growth_of('tickets_compared_in_months', 'base_in_months', 2) }} as decimal(9, 2))
        as mom_pct,
    tickets_compared_in_years as yoy_tickets,
    base_in_years as yoy_base,
    left_out_in_years as yoy_left_out,
    tickets_compared_in_months as mom_tickets,
    base_in_months as mom_base,
    left_out_in_months as mom_left_out,
    {{ origin_of('platform_code', 'month') }} as origin

from compared
