with evidenced as (

    select
        cases.*,
        {{ divide('cases.complaints * 1000', 'cases.vehicle_months') }} as rate_per_1000_vehicles,
        {{ divide('evidence.complaints_lower * 1000', 'cases.vehicle_months') }} as rate_lower,
        {{ divide('evidence.complaints_upper * 1000', 'cases.vehicle_months') }} as rate_upper,
        -- the register states trips a year
        {{ divide('evidence.complaints_lower * 12', 'cases.trip_months_10k') }} as trip_rate_lower,
        {{ divide('evidence.complaints_upper * 12', 'cases.trip_months_10k') }} as trip_rate_upper,
        evidence.satisfied_lower,
        evidence.satisfied_upper,
        evidence.resolved_lower,
        evidence.resolved_upper,
        evidence.p_value,
        evidence.p_poisson,
        evidence.p_adjusted
    from {{ ref('int_topic_league_case') }} as cases
    inner join {{ ref('int_topic_league_evidence') }} as evidence
        on
            cases.period_kind = evidence.period_kind
            and cases.period_start = evidence.period_start
            and cases.platform_code = evidence.platform_code
            and cases.enterprise_key = evidence.enterprise_key

)

select
    ---------- scope
    evidenced.period_kind,
    period_kinds.name_zh as period_kind_name,
    evidenced.period_start,
    evidenced.platform_code,
    platforms.name_zh as platform_name,
    evidenced.category,
    evidenced.enterprise_key,
    evidenced.enterprise_code,
    evidenced.enterprise_name,

    ---------- rank: by the lower bound, so that a few complaints about a few vehicles do not lead the league
    case
        when evidenced.is_ranked and evidenced.complaints > 0 then cast(rank() over (
            partition by
                evidenced.period_kind, evidenced.period_start, evidenced.platform_code,
                evidenced.category, evidenced.is_ranked
            order by evidenced.rate_lower desc
        ) as bigint)
    end as rank,
    evidenced.is_ranked,
    evidenced.vehicle_months is not null and not evidenced.is_ranked as is_small_n,

    ---------- counts, exposures and rates
    evidenced.complaints,
    cast(evidenced.months as bigint) as months,
    cast(evidenced.vehicles as bigint) as vehicles,
    cast(evidenced.vehicle_months as bigint) as vehicle_months,
    cast({{ ratio_half_up('evidenced.complaints', 'evidenced.vehicle_months', 4, 1000) }} as decimal(18, 4))
        as rate_per_1000_vehicles,
    cast(evidenced.rate_lower as decimal(18, 4)) as rate_lower,
    cast(evidenced.rate_upper as decimal(18, 4)) as rate_upper,
    cast({{ ratio_half_up('evidenced.trip_months_10k', '12', 4) }} as decimal(18, 4)) as trips_10k,
    cast({{ ratio_half_up('evidenced.complaints', 'evidenced.trip_months_10k', 4, 12) }} as decimal(18, 4))
        as rate_per_10k_trips,
    cast(evidenced.trip_rate_lower as decimal(18, 4)) as trip_rate_lower,
    cast(evidenced.trip_rate_upper as decimal(18, 4)) as trip_rate_upper,

    ---------- against the group: of incidents, as one caller may send many tickets
    evidenced.incidents,
    evidenced.group_companies,
    case when evidenced.vehicle_months is not null then evidenced.group_complaints end as group_complaints,
    case when evidenced.vehicle_months is not null then evidenced.group_incidents end as group_incidents,
    case when evidenced.vehicle_months is not null then evidenced.group_vehicle_months end as group_vehicle_months,
    cast(
        {{ ratio_half_up(
            'evidenced.vehicle_months * evidenced.group_incidents', 'evidenced.group_vehicle_months', 4
        ) }} as decimal(18, 4)
    ) as expected_incidents,
    evidenced.p_value,
    evidenced.p_poisson,
    evidenced.p_adjusted,
    evidenced.p_adjusted < evidenced.alpha as is_above_group,

    ---------- shares of the complaints
    evidenced.rated,
    evidenced.satisfied,
    cast({{ percent_of('evidenced.satisfied', 'evidenced.rated', 2) }} as decimal(9, 2)) as satisfied_pct,
    cast(100 * evidenced.satisfied_lower as decimal(9, 2)) as satisfied_lower_pct,
    cast(100 * evidenced.satisfied_upper as decimal(9, 2)) as satisfied_upper_pct,
    evidenced.rated < evidenced.minimum_judged as is_small_rated,
    evidenced.judged,
    evidenced.resolved,
    cast({{ percent_of('evidenced.resolved', 'evidenced.judged', 2) }} as decimal(9, 2)) as resolved_pct,
    cast(100 * evidenced.resolved_lower as decimal(9, 2)) as resolved_lower_pct,
    cast(100 * evidenced.resolved_upper as decimal(9, 2)) as resolved_upper_pct,
    evidenced.judged < evidenced.minimum_judged as is_small_judged,
    {{ origin_of('evidenced.platform_code', 'evidenced.period_start', 'evidenced.period_kind') }} as origin

from evidenced
left join {{ ref('topic_terms') }} as period_kinds
    on evidenced.period_kind = period_kinds.code and period_kinds.term = 'period_kind'
left join {{ ref('stg_platforms') }} as platforms on evidenced.platform_code = platforms.code
