-- Everything that the verdict on a platform needs, a row a frame; joined to the frames, whatever else is there.
with claims as (

    select
        frame_no,
        {% for rate in ['callback', 'close', 'satisfaction'] -%}
        max(reported_text) filter (where rate = '{{ rate }}') as {{ rate }}_text,
        max(denominator) filter (where rate = '{{ rate }}') as {{ rate }}_denominator,
        {% endfor -%}
        count(*) filter (where reported_text is null) as withheld_rates
    from {{ ref('int_spot_check_claim') }}
    group by frame_no

),

own_feeds as (

    select
        month,
        platform_code,
        {% for rate in ['callback', 'close', 'satisfaction'] -%}
        cast(max(numerator) filter (where indicator_code = '{{ rate }}') as bigint) as {{ rate }}_computed,
        cast(max(denominator) filter (where indicator_code = '{{ rate }}') as bigint) as {{ rate }}_counted,
        {% endfor -%}
        count(*) as indicators
    from {{ ref('mart_indicator_monthly') }}
    where source = 'computed' and is_mature
    group by month, platform_code

)

select
    frames.frame_no,
    frames.month,
    frames.period_from,
    frames.platform_code,
    frames.kind,
    kinds.is_judged,
    kinds.is_weekly,
    frames.is_recorded,
    frames.frozen_at,
    frames.calls_origin,
    frames.population_source,
    frames.population as stated_population,
    frames.planned,
    designs.design,
    greatest(designs.drawn, coalesce(tally.called, 0)) as drawn,
    coalesce(tally.reached, 0) as reached,
    coalesce(tally.bad, 0) as bad,
    coalesce(tally.bad_confirmed, 0) as bad_confirmed,
    coalesce(tally.repeated_calls, 0) as repeated_calls,
    coalesce(tally.outside, 0) as outside,
    -- fewer tickets than were drawn: then these are all that is known to exist
    greatest(coalesce(frames.population, 0), designs.drawn, coalesce(tally.called, 0)) as population,
    families.planned_platforms,
    coalesce(tally.unknown, 0) as unknown,
    claims.withheld_rates,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    coalesce(tally.{{ rate }}_bad, 0) as {{ rate }}_bad,
    claims.{{ rate }}_text,
    claims.{{ rate }}_denominator,
    own_feeds.{{ rate }}_computed,
    own_feeds.{{ rate }}_counted,
    {% endfor -%}
    -- what the platform owes of the month was delivered
    months.has_all_feeds as is_feed_complete,
    coalesce(signatures.impossible_signatures, 0) as impossible_signatures,
    coalesce(signatures.rare_signatures, 0) as rare_signatures,
    coalesce(signatures.lead_signatures, 0) as lead_signatures,
    signatures.signatures_zh,
    signatures.signatures_en,
    errors.pairs as recheck_pairs,
    errors.differing as recheck_differing,
    parameters.name_alpha,
    parameters.doubt_alpha,
    parameters.withheld_rate_percent,
    parameters.single_error,
    parameters.single_error_floor,
    parameters.confirmed_error_floor,
    parameters.fewest_rechecks,
    parameters.clear_share,
    parameters.clear_e_value,
    parameters.most_unreached_share,
    parameters.weekly_honest_share,
    parameters.weeks_a_year,
    parameters.doubt_e_value,
    parameters.watch_statistic,
    integrity.confidence

from {{ ref('int_spot_check_frame') }} as frames
inner join {{ ref('int_spot_check_design') }} as designs on frames.frame_no = designs.frame_no
inner join {{ ref('int_verdict_family') }} as families on frames.frame_no = families.frame_no
inner join claims on frames.frame_no = claims.frame_no
left join {{ ref('int_spot_check_tally') }} as tally on frames.frame_no = tally.frame_no
left join {{ ref('spot_check_kinds') }} as kinds on frames.kind = kinds.code
left join own_feeds on frames.month = own_feeds.month and frames.platform_code = own_feeds.platform_code
left join {{ ref('int_platform_month') }} as months
    on frames.month = months.month and frames.platform_code = months.platform_code
left join {{ ref('int_verdict_signature') }} as signatures
    on frames.month = signatures.month and frames.platform_code = signatures.platform_code
left join {{ ref('int_verdict_call_error') }} as errors
    on frames.month = errors.month and frames.calls_origin = errors.calls_origin
inner join {{ ref('verdict_parameters') }} as parameters on {{ holds_on('parameters', 'frames.month') }}
inner join {{ ref('integrity_parameters') }} as integrity on {{ holds_on('integrity', 'frames.month') }}
