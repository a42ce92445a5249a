{#
    Indicators that the province measures itself.
    code, population, relation, numerator, denominator, feed that must reach beyond the month
-#}
{%- set counts = [
    ('dial_test_answered', 'tested', 'fct_dial_test', 'is_answered_in_time', 'true', 'dial_tests'),
    ('dial_test_converted', 'tested', 'fct_dial_test', 'is_converted_in_time', 'true', 'dial_tests'),
    ('inspection_failure', 'inspected', 'fct_report_inspection', 'not is_qualified', 'true', 'report_inspections'),
    ('inspection_answer_inaccurate', 'failed', 'fct_report_inspection', 'is_answer_inaccurate', 'not is_qualified',
        'report_inspections'),
    ('inspection_form_irregular', 'failed', 'fct_report_inspection', 'is_form_irregular', 'not is_qualified',
        'report_inspections'),
    ('inspection_fact_inconsistent', 'failed', 'fct_report_inspection', 'is_fact_inconsistent', 'not is_qualified',
        'report_inspections'),
] -%}

with counted as (

    {% for code, population, relation, numerator, denominator, feed in counts -%}
    select
        facts.month,
        facts.platform_code,
        '{{ code }}' as indicator_code,
        '{{ population }}' as population,
        cast(count(*) filter (where {{ numerator }}) as decimal(18, 4)) as numerator,
        cast(count(*) as decimal(18, 4)) as denominator,
        max(feeds.known_until) >= {{ add_months('facts.month', 1) }} as is_mature
    from {{ ref(relation) }} as facts
    left join {{ ref('int_feed_as_of') }} as feeds on feeds.feed = '{{ feed }}'
    where {{ denominator }}
    group by facts.month, facts.platform_code

    union all

    {% endfor -%}
    -- minutes add up: there is nothing to divide them by
    select
        month,
        platform_code,
        'outage_minutes' as indicator_code,
        'watched' as population,
        outage_minutes as numerator,
        cast(null as decimal(18, 4)) as denominator,
        is_mature
    from {{ ref('int_outage_monthly') }}

)

select
    month,
    platform_code,
    indicator_code,
    population,
    numerator,
    denominator,
    cast(null as decimal(18, 4)) as closed_numerator,
    cast(null as decimal(18, 4)) as closed_denominator,
    is_mature

from counted
