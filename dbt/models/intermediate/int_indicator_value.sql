{{ config(materialized='incremental', incremental_strategy='replace_years') }}
with periods as (

    select
        *,
        null as percentile_seconds
    from {{ ref('int_indicator_period') }}

    union all

    select
        'month' as period_kind,
        month as period_start,
        scope_kind,
        platform_code,
        scope_code,
        indicator_code,
        null as numerator,
        tickets as denominator,
        null as closed_numerator,
        null as closed_denominator,
        null as stated_numerator,
        null as stated_denominator,
        pending,
        null as months_counted,
        month as latest_month,
        seconds as percentile_seconds
    from {{ rows_of_changed_years(ref('int_indicator_spread')) }}

),

known as (

    select
        periods.*,
        definitions.unit,
        definitions.value_factor,
        definitions.population,
        definitions.change_unit,
        {{ ratio_half_up('periods.numerator', 'definitions.numerator_per', 4) }} as numerator_in_unit,
        case periods.period_kind when 'month' then 1 when 'quarter' then 3 else 12 end as months_in_period,

        -- tickets tell which months are known; of what is measured otherwise, the months that it was measured in
        case
            when definitions.population in ('accepted', 'due', 'closed') then coalesce(coverage.months_known, 0)
            else periods.months_counted
        end as months_known,
        parameters.small_sample_below
    from periods
    inner join {{ ref('dim_indicator') }} as definitions
        on
            periods.indicator_code = definitions.indicator_code
            and {{ holds_on('definitions', 'periods.latest_month') }}
    left join {{ ref('int_indicator_coverage') }} as coverage
        on
            periods.period_kind = coverage.period_kind
            and periods.period_start = coverage.period_start
            and periods.platform_code is not distinct from coverage.platform_code
    left join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'periods.period_start') }}
    where periods.denominator > 0 or periods.denominator is null

)

select
    period_kind,
    period_start,
    scope_kind,
    platform_code,
    scope_code,
    indicator_code,
    population,
    change_unit,
    numerator_in_unit as numerator,
    denominator,
    -- before any rounding, for changes
    coalesce(percentile_seconds, numerator) as counted,
    case when percentile_seconds is not null then 1 else coalesce(denominator, 1) end as counted_per,
    case
        when percentile_seconds is not null then {{ ratio_half_up('percentile_seconds', '60', 4) }}
        when denominator is null then numerator_in_unit
        when unit = 'percent' then {{ percent_of('numerator_in_unit', 'denominator', 4) }}
        else {{ ratio_half_up('numerator_in_unit * value_factor', 'denominator', 4) }}
    end as value,
    closed_numerator,
    closed_denominator,
    case
        when unit = 'percent' then {{ percent_of('closed_numerator', 'closed_denominator', 4) }}
        else {{ ratio_half_up('closed_numerator * value_factor', 'closed_denominator', 4) }}
    end as closed_value,
    stated_numerator,
    stated_denominator,
    {{ percent_of('stated_numerator', 'stated_denominator', 4) }} as stated_value,
    pending,
    months_known,
    months_in_period,
    months_known = months_in_period and pending = 0 as is_mature,
    coalesce(unit in ('percent', 'per_100', 'minutes') and denominator < small_sample_below, false) as is_small_sample,
    {{ this_build() }} as built_in

from known
