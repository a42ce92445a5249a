-- Months of platforms that a simulated row takes part in; where nobody says that records are real all are, none.
with dated as (

    {% for instant in ('accepted_at', 'due_at', 'closed_at') -%}
    select platform_code, {{ month_start(instant) }} as month
    from {{ ref('fct_ticket') }}
    where origin = 'simulated' and {{ installation_origin() }} = 'real' and {{ instant }} is not null

    union

    {% endfor -%}
    {% for fact, feed in {
        'fct_dial_test': 'dial_tests', 'fct_report_inspection': 'report_inspections', 'fct_outage': 'platform_outages'
    }.items() -%}
    select facts.platform_code, facts.month
    from {{ ref(fact) }} as facts
    inner join {{ ref('int_simulated_file') }} as files
        on facts.file_hash = files.content_hash and facts.delivery_day = files.delivery_day
    where files.feed = '{{ feed }}' and {{ installation_origin() }} = 'real'
    {% if not loop.last %}
    union

    {% endif -%}
    {% endfor %}
)

select platform_code, month
from dated
