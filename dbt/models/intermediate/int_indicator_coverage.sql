-- How many months of a period are wholly known, per platform; without a platform: months that all platforms know.
with platform_months as (

    -- a month is over when its last day has been delivered; without accepted tickets it is only its neighbours' tail
    select
        counts.month,
        counts.platform_code,
        coalesce(as_of.known_until >= {{ add_months('counts.month', 1) }}, false) as is_known
    from {{ ref('int_indicator_count') }} as counts
    left join {{ ref('int_platform_as_of') }} as as_of on counts.platform_code = as_of.platform_code
    where counts.scope_kind = 'platform' and counts.tickets > 0

),

owed as (

    select
        months.month,
        count(*) as platforms
    from (select distinct month from platform_months) as months
    inner join {{ ref('platforms') }} as platforms on {{ holds_on('platforms', 'months.month') }}
    group by months.month

),

months as (

    select month, platform_code, is_known
    from platform_months

    union all

    select
        platform_months.month,
        null as platform_code,
        count(*) filter (where platform_months.is_known) >= max(owed.platforms) as is_known
    from platform_months
    inner join owed on platform_months.month = owed.month
    group by platform_months.month

)

{% for period_kind in ('month', 'quarter', 'year') -%}
select
    '{{ period_kind }}' as period_kind,
    cast(date_trunc('{{ period_kind }}', month) as date) as period_start,
    platform_code,
    count(*) filter (where is_known) as months_known
from months
group by date_trunc('{{ period_kind }}', month), platform_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
