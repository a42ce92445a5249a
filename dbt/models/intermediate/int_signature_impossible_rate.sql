-- GRIM on what platforms report: whether some whole number out of the denominator that their own tickets give prints
-- so, rounded half up or cut off. In whole units of the last digit, so that nothing is rounded here.
with rates as (

    select
        reported.month,
        reported.platform_code,
        indicators.name_zh,
        reported.reported_text,
        cast(round(reported.reported_value * power(10, reported.decimals)) as {{ wide_integer_type() }}) as units,
        cast(100 * power(10, reported.decimals) as {{ wide_integer_type() }}) as whole_units,
        cast(computed.denominator as {{ wide_integer_type() }}) as denominator
    from {{ ref('fct_reported_indicator') }} as reported
    inner join {{ ref('stg_indicators') }} as indicators on reported.indicator_code = indicators.code
    inner join {{ ref('mart_indicator_monthly') }} as computed
        on
            reported.month = computed.month
            and reported.platform_code = computed.platform_code
            and reported.indicator_code = computed.indicator_code
    where
        indicators.unit = 'percent'
        and reported.is_possible
        and computed.source = 'computed'
        and computed.is_mature
        and computed.denominator > 0

),

-- a count k prints as `units` if units - 1/2 <= k * whole_units / denominator < units + 1/2, or if it is cut off so
counted as (

    select
        *,
        {{ integer_divide('(2 * units - 1) * denominator + 2 * whole_units - 1', '2 * whole_units') }}
        * 2 * whole_units < (2 * units + 1) * denominator as is_rounded_count,
        {{ integer_divide('units * denominator + whole_units - 1', 'whole_units') }}
        * whole_units < (units + 1) * denominator as is_cut_count
    from rates

)

select
    month,
    platform_code,
    count(*) as eligible,
    count(*) filter (where not is_rounded_count and not is_cut_count) as hits,
    {{ joined_texts(
        "case when not is_rounded_count and not is_cut_count then name_zh || ' ' || reported_text || ' / ' || denominator end",
        '、', 'name_zh'
    ) }} as evidence

from counted
group by month, platform_code
