-- One wide row of counts per platform and month, out of which every indicator takes its numerator and denominator.
with counted as (

    select *  -- noqa: RF02
    from {{ ref('int_indicator_accepted') }}
    full join {{ ref('int_indicator_due') }} using (month, platform_code)
    full join {{ ref('int_indicator_closed') }} using (month, platform_code)

)

select
    counted.*,
    population.population_10k,
    {{ ratio_half_up('counted.complaint_close_seconds', '60', 4) }} as complaint_close_minutes,

    -- a month is over when its last day has been delivered; without accepted tickets it is only its neighbours' tail
    coalesce(
        counted.tickets > 0 and as_of.known_until >= {{ add_months('counted.month', 1) }}, false
    ) as is_month_known

from counted
-- inner: files of unknown senders are in the ledger, but they have no indicators
inner join {{ ref('platforms') }} as platforms on counted.platform_code = platforms.code
left join {{ ref('int_platform_as_of') }} as as_of on counted.platform_code = as_of.platform_code
left join {{ ref('platform_population') }} as population
    on
        counted.platform_code = population.platform_code
        and counted.month >= population.valid_from
        and counted.month < coalesce(population.valid_to, date '9999-12-31')
