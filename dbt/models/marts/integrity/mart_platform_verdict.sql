{% set said = {
    'contradicted_rates': 'cast(evidence.contradicted_rates as varchar)',
    'admitted_bad': 'cast(evidence.admitted_bad as varchar)',
    'own_rates_below': 'cast(evidence.own_rates_below as varchar)',
    'drawn': 'cast(cases.drawn as varchar)',
    'reached': 'cast(cases.reached as varchar)',
    'bad': 'cast(cases.bad as varchar)',
    'planned_platforms': 'cast(cases.planned_platforms as varchar)',
    'withheld_rates': 'cast(cases.withheld_rates as varchar)',
    'stated_population': 'cast(coalesce(cases.stated_population, 0) as varchar)',
    'calls_to_meet': 'cast(evidence.calls_to_meet as varchar)',
    'p_holm': chance_text('evidence.p_holm'),
    'p_decide': chance_text('evidence.p_decide'),
    'honest_share': share_text('evidence.honest_share'),
    'call_error': share_text('evidence.call_error'),
    'tipping_error': share_text('evidence.tipping_error'),
    'tipping_error_named': share_text('evidence.tipping_error_named'),
    'e_year': evidence_text('evidence.e_year'),
    'e_watch': evidence_text('evidence.e_watch'),
    'signatures_zh': 'cases.signatures_zh',
    'signatures_en': 'cases.signatures_en',
    'clear_share': share_text('cases.clear_share'),
    'withheld_rate_percent': "cast(cast(cases.withheld_rate_percent as decimal(9, 2)) as varchar) || ' %'",
} -%}
with found as (

    select frame_no, {{ joined_texts('ticket_key', '、', 'ticket_key') }} as bad_tickets
    from {{ ref('int_spot_check_result') }}
    where is_bad and not is_outside
    group by frame_no

),

unrecorded as (

    -- of a frame that nobody froze, by its checks: a row may have come there by a slip of the pen
    select frame_no, bool_or(is_running) as is_running
    from {{ ref('int_spot_check_barrier') }}
    where not is_of_frame
    group by frame_no

)

select
    ---------- scope
    cases.frame_no,
    verdicts.basis,
    verdicts.is_leading,
    cases.month,
    cases.period_from,
    cases.kind,
    kinds.name_zh as kind_name,
    kinds.population_zh as population_name,
    cases.platform_code,
    platforms.name_zh as platform_name,

    ---------- verdict
    verdicts.grade,
    grades.name_zh as grade_name,
    verdicts.rule,
    case when verdicts.basis = 'simulated' then '【模拟工单，仅演示】' else '' end
    || {{ sentence('verdicts.says_zh', dict(said, design_zh="coalesce(designs.says_zh, '')")) }} as says_zh,
    case when verdicts.basis = 'simulated' then '[simulated tickets, for show] ' else '' end
    || {{ sentence('verdicts.says_en', dict(said, design_en="coalesce(designs.says_en, '')")) }} as says_en,
    verdicts.rules,
    evidence.contradicted_rates > 0 as is_contradicted,

    ---------- what was claimed, drawn and found
    cases.population,
    cases.population_source,
    cast(cases.stated_population as bigint) as stated_population,
    cases.design,
    designs.name_zh as design_name,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    cases.{{ rate }}_text,
    least(coalesce(cases.{{ rate }}_denominator, cases.population), cases.population) as {{ rate }}_population,
    cast(cases.{{ rate }}_bad as bigint) as {{ rate }}_bad,
    {% endfor -%}
    found.bad_tickets,
    cast(cases.planned_platforms as bigint) as planned_platforms,
    cast(cases.drawn as bigint) as drawn,
    cast(cases.reached as bigint) as reached,
    cast(cases.bad as bigint) as bad,
    cast(cases.unknown as bigint) as unknown,
    cast(cases.bad_confirmed as bigint) as bad_confirmed,
    cast(cases.repeated_calls as bigint) as repeated_calls,
    cast(cases.outside as bigint) as outside,
    cast(cases.withheld_rates as bigint) as withheld_rates,
    cast(evidence.admitted_bad as bigint) as admitted_bad,
    cast(evidence.contradicted_rates as bigint) as contradicted_rates,

    ---------- evidence
    evidence.p_literal,
    cast(cases.recheck_pairs as bigint) as recheck_pairs,
    cast(cases.recheck_differing as bigint) as recheck_differing,
    evidence.call_error,
    evidence.p_decide,
    evidence.p_holm,
    evidence.tipping_error,
    evidence.tipping_error_named,
    {% for bound, count in {
        'lower95': 'lower_good', 'upper95': 'upper_good',
        'lower95_unreached_bad': 'lower_if_unreached_bad', 'lower95_unreached_good': 'lower_if_unreached_good',
    }.items() -%}
    cast({{ percent_of('evidence.' ~ count, 'cases.population', 4) }} as decimal(9, 4)) as {{ bound }},
    {% endfor -%}
    evidence.lower_good,
    evidence.upper_good,
    evidence.clearance_e,
    cast(evidence.calls_to_meet as bigint) as calls_to_meet,
    cast(evidence.own_rates_compared as bigint) as own_rates_compared,
    cast(evidence.own_rates_below as bigint) as own_rates_below,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    cases.{{ rate }}_computed,
    cases.{{ rate }}_counted,
    {% endfor -%}
    coalesce(cases.is_feed_complete, false) as is_feed_complete,
    verdicts.counts_tickets as counts_own_tickets,
    cast(cases.impossible_signatures as bigint) as impossible_signatures,
    cast(cases.rare_signatures as bigint) as rare_signatures,
    cast(cases.lead_signatures as bigint) as lead_signatures,
    evidence.honest_share,
    evidence.week_boundary,
    evidence.e_week,
    evidence.e_watch,
    evidence.e_year,
    case when cases.is_weekly then cases.watch_statistic end as watch_statistic,
    case when cases.is_weekly then cases.doubt_e_value end as doubt_e_value,
    coalesce(rounds.is_running, unrecorded.is_running, false) as is_running

from {{ ref('int_verdict_case') }} as cases
inner join {{ ref('int_verdict_evidence') }} as evidence on cases.frame_no = evidence.frame_no
inner join {{ ref('int_verdict_basis') }} as verdicts on cases.frame_no = verdicts.frame_no
left join found on cases.frame_no = found.frame_no
left join {{ ref('int_spot_check_running') }} as rounds on cases.frame_no = rounds.frame_no
left join unrecorded on cases.frame_no = unrecorded.frame_no
left join {{ ref('verdict_grades') }} as grades on verdicts.grade = grades.code
left join {{ ref('draw_designs') }} as designs on cases.design = designs.code
left join {{ ref('spot_check_kinds') }} as kinds on cases.kind = kinds.code
left join {{ ref('stg_platforms') }} as platforms on cases.platform_code = platforms.code
