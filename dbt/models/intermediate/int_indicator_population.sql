-- Inhabitants behind a platform or the province in a month: an operator's line serves people who are counted already.
with months as (

    select distinct month
    from {{ ref('int_indicator_count') }}

),

served as (

    select
        months.month,
        population.platform_code,
        platforms.platform_kind,
        population.population_10k
    from months
    inner join {{ ref('platform_population') }} as population on {{ holds_on('population', 'months.month') }}
    inner join {{ ref('platforms') }} as platforms
        on population.platform_code = platforms.code and {{ holds_on('platforms', 'months.month') }}

)

select month, 'platform' as scope_kind, platform_code, population_10k
from served

union all

select month, 'province' as scope_kind, null as platform_code, sum(population_10k) as population_10k
from served
where platform_kind = 'city'
group by month
