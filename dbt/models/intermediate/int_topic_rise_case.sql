-- Days and months in one shape; exposure_ratio is the exposure of the period over that of its baseline.
select
    'day' as period_kind,
    days.date_day as period_start,
    days.platform_code,
    days.business_type,
    days.level,
    days.category,
    days.subcategory,
    days.day_kind,
    days.tickets,
    days.baseline_tickets,
    days.baseline_days,
    {{ divide('1', 'days.baseline_days') }} as exposure_ratio,
    days.dispersion,
    days.baseline_days >= rules.minimum_baseline as has_history,
    true as is_candidate,
    rules.minimum_ratio,
    rules.alpha,
    families.tests

from {{ ref('int_topic_rise_day') }} as days
inner join {{ ref('int_topic_rise_family') }} as families
    on days.month = families.month and days.level = families.level
inner join {{ ref('topic_rise_rules') }} as rules
    on
        rules.period_kind = 'day'
        and {{ holds_on('rules', 'days.date_day') }}

union all

select
    'month' as period_kind,
    month as period_start,
    platform_code,
    business_type,
    level,
    category,
    subcategory,
    cast(null as varchar) as day_kind,
    tickets,
    case when has_history then baseline_tickets end as baseline_tickets,
    cast(null as bigint) as baseline_days,
    growth_of_others as exposure_ratio,
    cast(null as double) as dispersion,
    has_history,
    is_candidate,
    minimum_ratio,
    alpha,
    count(*) over (partition by month, level) as tests

from {{ ref('int_topic_rise_month') }}
