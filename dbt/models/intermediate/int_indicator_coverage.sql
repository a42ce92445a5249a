-- How many months of a period are whole, per platform; without a platform: months that all platforms have whole.
{% for period_kind in ('month', 'quarter', 'year') -%}
select
    '{{ period_kind }}' as period_kind,
    cast(date_trunc('{{ period_kind }}', month) as date) as period_start,
    platform_code,
    count(*) filter (where has_all_feeds) as months_known,
    count(*) filter (where has_all_tickets) as months_counted
from {{ ref('int_platform_month') }}
group by date_trunc('{{ period_kind }}', month), platform_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
