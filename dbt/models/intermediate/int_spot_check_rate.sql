-- Spot checks counted per month, platform and rate.
{% for rate in ['callback', 'close', 'satisfaction'] -%}
select
    month,
    platform_code,
    '{{ rate }}' as rate,
    count(*) as sampled,
    count(*) filter (where is_{{ rate }}_true) as passed

from {{ ref('fct_spot_check') }}

group by month, platform_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
