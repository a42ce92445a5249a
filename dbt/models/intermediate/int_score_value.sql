-- The value that each rule of each ruleset sees: as reported, as audited, audited at its most favourable, as computed.
with rules as (

    select
        rules.*,
        caps.rate as audited_rate
    from {{ ref('score_rules') }} as rules
    left join {{ ref('audit_caps') }} as caps
        on rules.ruleset = caps.ruleset and rules.indicator_code = caps.indicator_code

),

computed as (

    -- of a whole month, whatever is still open: else one suspended ticket would save a platform from its score
    select *
    from {{ ref('mart_indicator_monthly') }}
    where source = 'computed' and is_whole

),

submissions as (

    select
        month,
        platform_code,
        'reported' as basis,
        case when bool_and(origin = 'real') then 'real' else 'simulated' end as origin
    from {{ ref('fct_reported_indicator') }}
    group by month, platform_code

    union all

    select
        month,
        platform_code,
        'computed' as basis,
        case when bool_and(origin = 'real') then 'real' else 'simulated' end as origin
    from computed
    group by month, platform_code

),

valued as (

    -- left join on the values: a rule whose indicator was not sent stays, so that its absence shows
    select
        submissions.month,
        submissions.platform_code,
        submissions.basis,
        submissions.origin,
        rules.ruleset,
        rules.indicator_code,
        rules.rule_kind,
        rules.direction,
        rules.weight,
        rules.target,
        rules.step,
        rules.entry_points,
        rules.full_marks,
        rules.floor_marks,
        reported.reported_value,
        computed.value as computed_value,
        computed.numerator as computed_numerator,
        computed.denominator as computed_denominator,
        computed.pending as computed_pending,
        audited.rate as audited_rate,
        audited.sampled,
        audited.passed,
        audited.audited_value,
        audited.upper95
    from submissions
    inner join rules
        on {{ holds_on('rules', 'submissions.month') }}
    left join {{ ref('fct_reported_indicator') }} as reported
        on
            submissions.month = reported.month
            and submissions.platform_code = reported.platform_code
            and rules.indicator_code = reported.indicator_code
            -- a rate above 100 would win the first rank: what cannot be counts as not reported
            and reported.is_possible
    left join computed
        on
            submissions.month = computed.month
            and submissions.platform_code = computed.platform_code
            and rules.indicator_code = computed.indicator_code
    left join {{ ref('mart_rate_integrity') }} as audited
        on
            submissions.month = audited.month
            and submissions.platform_code = audited.platform_code
            and rules.audited_rate = audited.rate
            -- a score is shown to everybody
            and not audited.is_running
            -- and calls about simulated tickets audit nobody
            and audited.evidence_basis = 'published'

)

{% for source, (basis, value) in {
    'reported': ('reported', 'reported_value'),
    'audited': ('reported', 'least(reported_value, coalesce(audited_value, reported_value))'),
    'audited_upper95': ('reported', 'least(reported_value, coalesce(upper95, reported_value))'),
    'computed': ('computed', 'computed_value'),
}.items() -%}
select
    *,
    '{{ source }}' as source,
    {% for column in ('numerator', 'denominator', 'pending') -%}
    {{ 'computed_' ~ column if basis == 'computed' else 'null' }} as {{ column }},
    {% endfor -%}
    -- least() passes over nulls: an audited rate must not stand in for a value that was never reported
    case when {{ basis }}_value is not null then cast({{ value }} as decimal(18, 4)) end as indicator_value
from valued
where basis = '{{ basis }}'
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
