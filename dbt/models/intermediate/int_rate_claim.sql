-- What a platform reported of its complaints beside what the province found: the input of the exact statistics.
with complaints as (

    select month, platform_code, cast(sum(tickets) as bigint) as population
    from {{ ref('mart_volume_monthly') }}
    where business_type = 'complaint'
    group by month, platform_code

)

select
    reported.month,
    reported.platform_code,
    reported.indicator_code as rate,
    complaints.population,
    checks.sampled,
    checks.passed,
    reported.reported_value,
    reported.reported_text,
    parameters.alpha,
    parameters.confidence,
    parameters.high_rate_percent,
    parameters.low_rate_percent,
    parameters.small_sample_below

from {{ ref('fct_reported_indicator') }} as reported
inner join complaints
    on reported.month = complaints.month and reported.platform_code = complaints.platform_code
inner join {{ ref('int_spot_check_rate') }} as checks
    on
        reported.month = checks.month
        and reported.platform_code = checks.platform_code
        and reported.indicator_code = checks.rate
inner join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'reported.month') }}

-- more checks than complaints means that the two speak of different tickets: nothing can be concluded
where checks.sampled <= complaints.population
