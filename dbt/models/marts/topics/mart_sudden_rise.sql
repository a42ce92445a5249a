with evidenced as (

    select
        cases.*,
        evidence.expected_tickets,
        evidence.dispersion as dispersion_used,
        evidence.p_value,
        evidence.p_adjusted,
        greatest(evidence.limit_tickets, rules.minimum_tickets) as limit_tickets,
        case cases.period_kind
            when 'day' then {{ add_seconds('cast(cases.period_start as timestamp)', '86400') }}
            else cast({{ add_months('cases.period_start', 1) }} as timestamp)
        end as period_end,
        case
            when not cases.has_history then 'not_enough_history'
            when evidence.p_adjusted < rules.alpha then 'flagged'
            else 'not_flagged'
        end as rise_status
    from {{ ref('int_topic_rise_case') }} as cases
    inner join {{ ref('topic_rise_rules') }} as rules
        on
            cases.period_kind = rules.period_kind
            and {{ holds_on('rules', 'cases.period_start') }}
    left join {{ ref('int_topic_rise_evidence') }} as evidence
        on
            cases.period_kind = evidence.period_kind
            and cases.period_start = evidence.period_start
            and cases.platform_code = evidence.platform_code
            and cases.business_type = evidence.business_type
            and cases.level = evidence.level
            and cases.category = evidence.category
            and coalesce(cases.subcategory, '') = coalesce(evidence.subcategory, '')
    where cases.is_candidate

)

select
    ---------- when, where, what
    evidenced.period_kind,
    period_kinds.name_zh as period_kind_name,
    evidenced.period_start,
    evidenced.platform_code,
    platforms.name_zh as platform_name,
    evidenced.business_type,
    business_types.name_zh as business_type_name,
    evidenced.level,
    levels.name_zh as level_name,
    evidenced.category,
    evidenced.subcategory,

    ---------- count and baseline
    evidenced.tickets,
    evidenced.day_kind,
    evidenced.baseline_tickets,
    evidenced.baseline_days,
    cast(evidenced.expected_tickets as decimal(18, 4)) as expected_tickets,
    cast({{ divide('evidenced.tickets', 'evidenced.expected_tickets') }} as decimal(18, 4)) as ratio_to_expected,
    evidenced.dispersion_used as dispersion,
    case when evidenced.p_value is not null then cast(evidenced.limit_tickets as bigint) end as limit_tickets,

    ---------- judgement
    evidenced.p_value,
    evidenced.p_adjusted,
    evidenced.tests as series_tested,
    evidenced.rise_status,
    statuses.name_zh as rise_status_name,
    evidenced.rise_status = 'flagged' as is_flagged,
    coalesce(evidenced.period_end <= as_of.known_until, false) as is_complete,
    {{ origin_of('evidenced.platform_code', 'evidenced.period_start', 'evidenced.period_kind') }} as origin

from evidenced
left join {{ ref('topic_terms') }} as period_kinds
    on evidenced.period_kind = period_kinds.code and period_kinds.term = 'period_kind'
left join {{ ref('topic_terms') }} as levels on evidenced.level = levels.code and levels.term = 'level'
left join {{ ref('topic_terms') }} as statuses
    on evidenced.rise_status = statuses.code and statuses.term = 'rise_status'
left join {{ ref('stg_platforms') }} as platforms on evidenced.platform_code = platforms.code
left join {{ ref('business_types') }} as business_types on evidenced.business_type = business_types.code
left join {{ ref('int_platform_as_of') }} as as_of on evidenced.platform_code = as_of.platform_code
