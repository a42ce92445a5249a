-- Rates that read the same in so many months running, 100 among them.
with rates as (

    select
        reported.month,
        reported.platform_code,
        reported.indicator_code,
        reported.reported_text,
        indicators.name_zh
    from {{ ref('fct_reported_indicator') }} as reported
    inner join {{ ref('stg_indicators') }} as indicators on reported.indicator_code = indicators.code
    where indicators.unit = 'percent'

),

judged as (

    select
        rates.month,
        rates.platform_code,
        rates.name_zh,
        rates.reported_text,
        count(*) >= max(limits.threshold) as is_hit
    from rates
    inner join {{ ref('signature_limits') }} as limits
        on limits.signature = 'unvarying_rate' and {{ holds_on('limits', 'rates.month') }}
    -- itself among them
    inner join rates as before
        on
            rates.platform_code = before.platform_code
            and rates.indicator_code = before.indicator_code
            and rates.reported_text = before.reported_text
            and {{ months_between('before.month', 'rates.month') }} between 0 and limits.threshold - 1
    group by all

)

select
    month,
    platform_code,
    count(*) as eligible,
    count(*) filter (where is_hit) as hits,
    {{ joined_texts("case when is_hit then name_zh || ' ' || reported_text end", '、', 'name_zh') }} as evidence

from judged
group by month, platform_code
