-- The latest days of each platform, and of each the kind that it is compared by.
with platform_months as (

    -- between its first and last ticket of a month a platform was counting: a day without tickets is a zero there
    select
        daily.platform_code,
        min(daily.date_day) as first_day,
        max(daily.date_day) as last_day
    from {{ ref('int_topic_day') }} as daily
    inner join {{ ref('int_platform_as_of') }} as as_of on daily.platform_code = as_of.platform_code
    inner join {{ ref('topic_rise_rules') }} as rules
        on
            rules.period_kind = 'day'
            and {{ holds_on('rules', 'daily.date_day') }}
            and {{ seconds_between('cast(daily.date_day as timestamp)', 'as_of.known_until') }}
            <= (rules.watch_days + rules.baseline_days) * 86400
    group by daily.platform_code, daily.month

)

select
    platform_months.platform_code,
    dates.date_day,
    dates.is_working_day,
    dates.is_holiday or dates.is_make_up_workday as is_special_day,
    case
        when dates.is_make_up_workday then 'make_up_workday'
        when dates.is_holiday then 'holiday'
        else cast(dates.iso_dow as varchar)
    end as day_kind

from platform_months
inner join {{ ref('dim_date') }} as dates
    on dates.date_day between platform_months.first_day and platform_months.last_day
