{{ config(materialized='incremental', incremental_strategy='replace_months') }}
-- Monthly counts of the parts of a platform that a ticket names itself; units are in int_indicator_count_unit.
{% for scope_kind, part in {
    'platform': 'platform_code',
    'channel': 'channel',
    'district': "coalesce(district, 'none')",
    'enterprise': "coalesce(enterprise_name, 'none')",
}.items() -%}
select
    ticket_month,
    month,
    '{{ scope_kind }}' as scope_kind,
    platform_code,
    {{ part }} as scope_code,
    {{ sums_of_ticket_counts() }},
    {{ this_build() }} as built_in
from {{ rows_of_changed_months(ref('mart_ticket_count_daily'), 'ticket_month') }}
group by ticket_month, month, platform_code, {{ part }}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
