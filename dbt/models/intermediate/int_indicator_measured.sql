-- What deliveries, dial tests, inspections and outages tell of platforms, and summed up of the province.
with measured as (

    select * from {{ ref('int_indicator_delivered') }}

    union all

    select * from {{ ref('int_indicator_province') }}

)

{% for scope_kind, platform_code, scope_code in [
    ('platform', 'platform_code', 'platform_code'), ('province', 'cast(null as varchar)', "'all'")
] -%}
select
    month,
    '{{ scope_kind }}' as scope_kind,
    {{ platform_code }} as platform_code,
    {{ scope_code }} as scope_code,
    indicator_code,
    cast(sum(numerator) as decimal(18, 4)) as numerator,
    cast(sum(denominator) as decimal(18, 4)) as denominator,
    count(*) filter (where not coalesce(is_mature, false)) as pending
from measured
group by month{% if scope_kind == 'platform' %}, platform_code{% endif %}, indicator_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
