{# Column groups that stay in each roll-up; all others become null, which stands for "all". #}
{%- set groups = {
    'platform': ['platform_code', 'platform_name'],
    'business_type': ['business_type', 'business_type_name'],
    'domain': ['domain', 'domain_name'],
    'domain_group': ['domain_group', 'domain_group_name'],
} -%}
{%- set rollups = {
    'total': [],
    'platform': ['platform'],
    'business_type': ['business_type'],
    'domain': ['domain', 'domain_group'],
    'domain_group': ['domain_group'],
    'platform_business_type': ['platform', 'business_type'],
} -%}

{% for rollup, kept in rollups.items() -%}
select
    month,
    '{{ rollup }}' as rollup,
    {% for group, columns in groups.items() -%}
    {% for column in columns -%}
    {% if group not in kept %}cast(null as varchar) as {{ column }}
    {%- elif loop.first %}{{ column }}
    {%- else %}max({{ column }}) as {{ column }}
    {%- endif %},
    {% endfor -%}
    {% endfor -%}
    cast(sum(tickets) as bigint) as tickets

from {{ ref('mart_volume_monthly') }}

group by
    month
    {%- for group in kept %}, {{ groups[group][0] }}{% endfor %}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
