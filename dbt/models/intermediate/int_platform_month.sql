-- Whether a month was delivered from its first to its last day; without a platform, by all platforms that hold then.
with delivered as (

    select
        owed.month,
        owed.platform_code,
        owed.feed,
        -- one delivery tells of a day, or of all days of a month
        coalesce(sum({{ days_of('owed.period_from', 'owed.period_to') }}) filter (
            where owed.delivered_at is not null
        ), 0) as days
    from {{ ref('mart_feed_obligation') }} as owed
    inner join {{ ref('feed_schedules') }} as schedules on owed.feed = schedules.feed
    where schedules.delivery_frequency = 'daily'
    group by owed.month, owed.platform_code, owed.feed

),

platform_months as (

    select
        month,
        platform_code,
        coalesce(max(days) filter (where feed = 'tickets') >= {{ days_of_month('month') }}, false) as has_all_tickets,
        min(days) >= {{ days_of_month('month') }} as has_all_feeds
    from delivered
    group by month, platform_code

),

holding as (

    select
        months.month,
        platforms.code as platform_code
    from (select distinct month from platform_months) as months
    inner join {{ ref('platforms') }} as platforms on {{ holds_on('platforms', 'months.month') }}

)

select month, platform_code, has_all_tickets, has_all_feeds
from platform_months

union all

select
    holding.month,
    null as platform_code,
    bool_and(coalesce(platform_months.has_all_tickets, false)) as has_all_tickets,
    bool_and(coalesce(platform_months.has_all_feeds, false)) as has_all_feeds
from holding
left join platform_months
    on holding.month = platform_months.month and holding.platform_code = platform_months.platform_code
group by holding.month
