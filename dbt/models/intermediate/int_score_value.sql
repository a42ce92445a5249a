-- The value that each rule of each ruleset sees: as reported, as audited, and audited at its most favourable.
with rules as (

    select
        rules.*,
        caps.rate as audited_rate
    from {{ ref('score_rules') }} as rules
    left join {{ ref('audit_caps') }} as caps
        on rules.ruleset = caps.ruleset and rules.indicator_code = caps.indicator_code

),

submissions as (

    select distinct month, platform_code
    from {{ ref('fct_reported_indicator') }}

),

valued as (

    -- left join on the values: a rule whose indicator was not sent stays, so that its absence shows
    select
        submissions.month,
        submissions.platform_code,
        rules.ruleset,
        rules.indicator_code,
        rules.rule_kind,
        rules.direction,
        rules.weight,
        rules.target,
        reported.reported_value,
        audited.rate as audited_rate,
        audited.sampled,
        audited.passed,
        audited.audited_value,
        audited.upper95
    from submissions
    inner join rules
        on
            submissions.month >= rules.valid_from
            and submissions.month < coalesce(rules.valid_to, date '9999-12-31')
    left join {{ ref('fct_reported_indicator') }} as reported
        on
            submissions.month = reported.month
            and submissions.platform_code = reported.platform_code
            and rules.indicator_code = reported.indicator_code
    left join {{ ref('mart_rate_integrity') }} as audited
        on
            submissions.month = audited.month
            and submissions.platform_code = audited.platform_code
            and rules.audited_rate = audited.rate

)

{% for source, value in {
    'reported': 'reported_value',
    'audited': 'least(reported_value, coalesce(audited_value, reported_value))',
    'audited_upper95': 'least(reported_value, coalesce(upper95, reported_value))',
}.items() -%}
select
    *,
    '{{ source }}' as source,
    -- least() passes over nulls: an audited rate must not stand in for a value that was never reported
    case when reported_value is not null then cast({{ value }} as decimal(18, 4)) end as indicator_value
from valued
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
