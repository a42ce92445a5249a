{{ config(materialized='incremental', incremental_strategy='replace_compared_periods') }}
-- whether all months of a period, and of the periods it is compared with, are whole for a platform or for all of them
with whole as (

    select
        periods.period_kind,
        periods.period_start,
        coverage.platform_code,
        coverage.months_counted = periods.months_with_data as is_whole,
        coalesce(
            coverage.months_counted = periods.months_with_data
            and last_year.months_counted = periods.months_with_data,
            false
        ) as is_comparable_with_year,
        coalesce(
            coverage.months_counted = periods.months_with_data
            and last_period.months_counted = periods.months_with_data,
            false
        ) as is_comparable_with_period
    from {{ ref('int_topic_period') }} as periods
    inner join {{ ref('int_indicator_coverage') }} as coverage
        on periods.period_kind = coverage.period_kind and periods.period_start = coverage.period_start
    left join {{ ref('int_indicator_coverage') }} as last_year
        on
            periods.period_kind = last_year.period_kind
            and periods.previous_year_start = last_year.period_start
            and coverage.platform_code is not distinct from last_year.platform_code
    left join {{ ref('int_indicator_coverage') }} as last_period
        on
            periods.period_kind = last_period.period_kind
            and periods.previous_period_start = last_period.period_start
            and coverage.platform_code is not distinct from last_period.platform_code

),

compared as (

    select
        this_period.*,
        periods.has_all_months and coalesce(whole.is_whole, false) as is_complete,
        coalesce(whole.is_comparable_with_year, false) as is_comparable_with_year,
        coalesce(whole.is_comparable_with_period, false) as is_comparable_with_period,
        case when periods.previous_year_start is not null then coalesce(last_year.tickets, 0) end
            as tickets_previous_year,
        case when periods.previous_period_start is not null then coalesce(last_period.tickets, 0) end
            as tickets_previous_period
    from {{ rows_of_changed_periods(ref('int_topic_ranked_volume'), with_compared=true) }} as this_period
    inner join {{ ref('int_topic_period') }} as periods
        on this_period.period_kind = periods.period_kind and this_period.period_start = periods.period_start
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
    left join whole
        on
            this_period.period_kind = whole.period_kind
            and this_period.period_start = whole.period_start
            and this_period.platform_code is not distinct from whole.platform_code

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
    {% for change, base in {'yoy_pct': 'year', 'mom_pct': 'period'}.items() -%}
    case when compared.is_comparable_with_{{ base }} then cast(
        {{ growth_of('compared.tickets', 'compared.tickets_previous_' ~ base, 2) }} as decimal(12, 2)
    ) end as {{ change }},
    {% endfor -%}
    compared.is_complete,
    {{ origin_of('compared.platform_code', 'compared.period_start', 'compared.period_kind') }} as origin,
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
