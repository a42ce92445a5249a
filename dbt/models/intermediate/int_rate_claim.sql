-- What was found of each rate beside what the platform claims of it: the input of the exact statistics. Everything is
-- joined to the checks, so that nobody leaves by sending less.
select
    checks.month,
    checks.platform_code,
    checks.rate,
    checks.frame_no,
    frames.population_source,
    -- fewer tickets than were checked: then the checked ones are all that is known to exist
    greatest(
        coalesce(least(claims.denominator, frames.population), frames.population, 0), checks.sampled
    ) as population,
    coalesce(claims.denominator, frames.population) as stated_population,
    cast(checks.sampled as bigint) as sampled,
    cast(checks.passed as bigint) as passed,
    claims.reported_text,
    case
        when claims.reported_text is null then 'withheld'
        when frames.population is null then 'no_tickets'
        when coalesce(claims.denominator, frames.population) < checks.sampled then 'fewer_than_checked'
    end as reason,
    coalesce(running.is_running, false) as is_running,
    parameters.confidence,
    parameters.high_rate_percent,
    parameters.low_rate_percent,
    parameters.small_sample_below

from {{ ref('int_spot_check_rate') }} as checks
inner join {{ ref('int_spot_check_frame') }} as frames on checks.frame_no = frames.frame_no
inner join {{ ref('int_spot_check_claim') }} as claims
    on checks.frame_no = claims.frame_no and checks.rate = claims.rate
left join {{ ref('int_spot_check_running') }} as running on checks.frame_no = running.frame_no
inner join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'checks.month') }}
