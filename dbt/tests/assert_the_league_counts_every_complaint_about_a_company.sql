-- Every name that tickets give finds its row in the league, in the register or not.
with counted as (

    select
        companies.month,
        companies.platform_code,
        sum(companies.tickets) as complaints
    from {{ ref('int_topic_enterprise_month') }} as companies
    inner join {{ ref('topic_populations') }} as populations
        on
            companies.business_type = populations.business_type
            and populations.topic = 'enterprise_league'
            and {{ holds_on('populations', 'companies.month') }}
    group by companies.month, companies.platform_code

),

league as (

    select
        period_start,
        platform_code,
        sum(complaints) as complaints
    from {{ ref('mart_enterprise_league') }}
    where period_kind = 'month'
    group by period_start, platform_code

)

select
    counted.month,
    counted.platform_code,
    counted.complaints,
    league.complaints as complaints_in_league
from counted
left join league on counted.month = league.period_start and counted.platform_code = league.platform_code
where counted.complaints <> coalesce(league.complaints, -1)
