with joined as (

    select
        claims.*,
        {{ percent_of('claims.passed', 'claims.sampled', 4) }} as audited_value,
        evidence.reported_good,
        evidence.reported_good_rounded,
        evidence.p_value,
        evidence.p_value_rounded,
        evidence.p_value_95,
        evidence.p_value_90,
        evidence.p_adjusted,
        evidence.lower95_good,
        evidence.upper95_good,
        evidence.e_value,
        -- the plain meaning: more bad tickets were found than the report, read literally, admits to exist
        claims.sampled - claims.passed > claims.population - evidence.reported_good as is_contradicted
    from {{ ref('int_rate_claim') }} as claims
    inner join {{ ref('int_rate_evidence') }} as evidence
        on
            claims.month = evidence.month
            and claims.platform_code = evidence.platform_code
            and claims.rate = evidence.rate

)

select
    ---------- scope
    joined.month,
    joined.platform_code,
    platforms.name_zh as platform_name,
    joined.rate,
    indicators.name_zh as rate_name,

    joined.frame_no,

    ---------- what was claimed, counted and found
    cast(joined.population as bigint) as population,
    joined.population_source,
    cast(joined.sampled as bigint) as sampled,
    cast(joined.passed as bigint) as passed,
    joined.reported_text,
    cast(joined.reported_text as decimal(18, 4)) as reported_value,
    joined.reason,
    joined.reported_good,
    joined.reported_good_rounded,
    cast(computed.numerator as bigint) as computed_numerator,
    cast(computed.denominator as bigint) as computed_denominator,
    cast(computed.value as decimal(9, 4)) as computed_value,
    cast(joined.audited_value as decimal(9, 4)) as audited_value,

    ---------- evidence
    joined.p_value,
    joined.p_value_rounded,
    joined.p_value_95,
    joined.p_value_90,
    joined.p_adjusted,
    joined.lower95_good,
    joined.upper95_good,
    cast({{ percent_of('joined.lower95_good', 'joined.population', 4) }} as decimal(9, 4)) as lower95,
    cast({{ percent_of('joined.upper95_good', 'joined.population', 4) }} as decimal(9, 4)) as upper95,
    joined.e_value,

    ---------- judgement
    verdicts.grade as evidence_grade,
    verdicts.grade_name || case verdicts.basis when 'simulated' then '（模拟）' else '' end as grade_name,
    verdicts.basis as evidence_basis,
    joined.is_contradicted,
    joined.sampled < joined.small_sample_below as is_small_sample,
    coalesce(verdicts.is_running, false) as is_running,
    {{ origin_of('joined.platform_code', 'joined.month') }} as origin

from joined
left join {{ ref('stg_platforms') }} as platforms on joined.platform_code = platforms.code
left join {{ ref('stg_indicators') }} as indicators on joined.rate = indicators.code
left join {{ ref('mart_platform_verdict') }} as verdicts
    on joined.frame_no = verdicts.frame_no and verdicts.is_leading
left join {{ ref('mart_indicator_monthly') }} as computed
    on
        joined.month = computed.month
        and joined.platform_code = computed.platform_code
        and joined.rate = computed.indicator_code
        and computed.source = 'computed'
