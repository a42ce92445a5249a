{{ config(materialized='incremental', incremental_strategy='replace_compared_periods') }}
with province as (

    select min(known_until) as known_until
    from {{ ref('int_platform_as_of') }}

),

compared as (

    select
        this_period.*,
        periods.has_all_months
        and periods.period_end <= case
            when this_period.platform_code is null then province.known_until else as_of.known_until
        end as is_complete,
        case when periods.previous_year_start is not null then coalesce(last_year.tickets, 0) end
            as tickets_previous_year,
        case when periods.previous_period_start is not null then coalesce(last_period.tickets, 0) end
            as tickets_previous_period
    from {{ rows_of_changed_periods(ref('int_topic_ranked_volume'), with_compared=true) }} as this_period
    inner join {{ ref('int_topic_period') }} as periods
        on this_period.period_kind = periods.period_kind and this_period.period_start = periods.period_start
    cross join province
    left join {{ ref('int_topic_ranked_volume') }} as last_year
        on
            this_period.period_kind = last_year.period_kind
            and periods.previous_year_start = last_year.period_start
            and this_period.item_key = last_year.item_key
    left join {{ ref('int_topic_ranked_volume') }} as last_period
        on
            this_period.period_kind = last_period.period_kind
            and periods.previous_period_start = last_period.period_start
            and this_period.item_key = last_period.item_key
    left join {{ ref('int_platform_as_of') }} as as_of on this_period.platform_code = as_of.platform_code

)

select
    ---------- what is ranked
    compared.period_kind,
    period_kinds.name_zh as period_kind_name,
    compared.period_start,
    compared.scope,
    scopes.name_zh as scope_name,
    compared.platform_code,
    platforms.name_zh as platform_name,
    compared.business_type,
    coalesce(business_types.name_zh, '全部') as business_type_name,
    compared.level,
    levels.name_zh as level_name,
    categories.domain,
    categories.domain_name,
    compared.category,
    compared.subcategory,

    ---------- rank and share
    compared.rank,
    compared.tickets,
    compared.denominator_kind,
    denominators.name_zh as denominator_name,
    denominators.name_en as denominator_name_en,
    compared.denominator,
    cast({{ percent_of('compared.tickets', 'compared.denominator', 2) }} as decimal(9, 2)) as share_pct,

    ---------- growth
    compared.tickets_previous_year,
    compared.tickets_previous_period,
    cast(
        {{ ratio_half_up(
            'compared.tickets - compared.tickets_previous_year', 'compared.tickets_previous_year', 2, 100
        ) }} as decimal(12, 2)
    ) as yoy_pct,
    cast(
        {{ ratio_half_up(
            'compared.tickets - compared.tickets_previous_period', 'compared.tickets_previous_period', 2, 100
        ) }} as decimal(12, 2)
    ) as mom_pct,
    coalesce(compared.is_complete, false) as is_complete,
    {{ this_build() }} as built_in

from compared
left join {{ ref('topic_terms') }} as period_kinds
    on compared.period_kind = period_kinds.code and period_kinds.term = 'period_kind'
left join {{ ref('topic_terms') }} as scopes on compared.scope = scopes.code and scopes.term = 'scope'
left join {{ ref('topic_terms') }} as levels on compared.level = levels.code and levels.term = 'level'
left join {{ ref('topic_terms') }} as denominators
    on compared.denominator_kind = denominators.code and denominators.term = 'denominator_kind'
left join {{ ref('stg_platforms') }} as platforms on compared.platform_code = platforms.code
left join {{ ref('business_types') }} as business_types on compared.business_type = business_types.code
left join {{ ref('dim_category') }} as categories
    on
        compared.category = categories.category
        and {{ holds_on('categories', 'compared.period_start') }}
