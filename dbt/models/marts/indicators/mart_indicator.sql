{{ config(materialized='incremental', incremental_strategy='replace_compared_years') }}
with computed as (

    select *
    from {{ rows_of_changed_years(ref('int_indicator_change'), 'period_start', with_compared=true) }}

),

-- what platforms report, they report of themselves and of months
reported as (

    select
        'month' as period_kind,
        month as period_start,
        'platform' as scope_kind,
        platform_code,
        platform_code as scope_code,
        indicator_code,
        reported_value
    from {{ rows_of_changed_years(ref('fct_reported_indicator'), with_compared=true) }}

),

sides as (

    select *  -- noqa: RF02
    from computed
    full join reported
        using (period_kind, period_start, scope_kind, platform_code, scope_code, indicator_code)

)

select
    sides.period_kind,
    sides.period_start,
    sides.scope_kind,
    sides.platform_code,
    scopes.platform_name,
    sides.scope_code,
    scopes.scope_name,
    sides.indicator_code,
    indicators.name_zh as indicator_name,
    indicators.name_en as indicator_name_en,
    indicators.unit,
    sides.population,

    ---------- value
    {% for column in (
        'numerator', 'denominator', 'value', 'closed_numerator', 'closed_denominator', 'closed_value',
        'stated_numerator', 'stated_denominator', 'stated_value'
    ) -%}
    cast(sides.{{ column }} as decimal(18, 4)) as {{ column }},
    {% endfor -%}
    cast(sides.closed_value - sides.value as decimal(18, 4)) as closed_difference,
    cast(sides.stated_value - sides.value as decimal(18, 4)) as stated_difference,
    cast(sides.pending as bigint) as pending,
    cast(coalesce(sides.months_known, 0) as integer) as months_known,
    coalesce(sides.is_mature, false) as is_mature,
    coalesce(sides.is_small_sample, false) as is_small_sample,

    ---------- change
    {% for column in (
        'previous_numerator', 'previous_denominator', 'previous_value', 'previous_year_numerator',
        'previous_year_denominator', 'previous_year_value', 'mom_change', 'yoy_change'
    ) -%}
    cast(sides.{{ column }} as decimal(18, 4)) as {{ column }},
    {% endfor -%}
    {{ change_unit('indicators.unit') }} as change_unit,

    ---------- reported
    cast(sides.reported_value as decimal(18, 4)) as reported_value,
    cast(sides.value - sides.reported_value as decimal(18, 4)) as reported_difference,
    {{ origin_of('sides.platform_code', 'sides.period_start', 'sides.period_kind') }} as origin,
    {{ this_build() }} as built_in

from sides
left join {{ ref('stg_indicators') }} as indicators on sides.indicator_code = indicators.code
left join {{ ref('dim_indicator_scope') }} as scopes
    on
        sides.scope_kind = scopes.scope_kind
        and sides.platform_code is not distinct from scopes.platform_code
        and sides.scope_code = scopes.scope_code
