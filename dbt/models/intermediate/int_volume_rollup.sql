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
{#- Months that a month is compared with, or that are compared with it, by how many months they lie off. #}
{%- set compared = {'year_before': -12, 'year_after': 12, 'month_before': -1, 'month_after': 1} -%}
with volumes as (

    select
        volumes.*,
        coalesce(this_month.has_all_tickets and year_before.has_all_tickets, false) as is_whole_with_year_before,
        coalesce(this_month.has_all_tickets and year_after.has_all_tickets, false) as is_whole_with_year_after,
        coalesce(this_month.has_all_tickets and month_before.has_all_tickets, false) as is_whole_with_month_before,
        coalesce(this_month.has_all_tickets and month_after.has_all_tickets, false) as is_whole_with_month_after
    from {{ ref('mart_volume_monthly') }} as volumes
    left join {{ ref('int_platform_month') }} as this_month
        on volumes.month = this_month.month and volumes.platform_code = this_month.platform_code
    {% for name, months in compared.items() -%}
    left join {{ ref('int_platform_month') }} as {{ name }}
        on
            {{ name }}.month = {{ add_months('volumes.month', months) }}
            and volumes.platform_code = {{ name }}.platform_code
    {% endfor %}
)

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
    {% for name in compared -%}
    cast(sum(tickets) filter (where is_whole_with_{{ name }}) as bigint) as tickets_whole_with_{{ name }},
    {% endfor -%}
    cast(sum(tickets) as bigint) as tickets

from volumes

group by
    month
    {%- for group in kept %}, {{ groups[group][0] }}{% endfor %}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
