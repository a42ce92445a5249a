-- Daily counts of the days watched and their baselines, for categories and sub-categories.
with daily as (

    select
        volumes.month,
        volumes.date_day,
        volumes.platform_code,
        volumes.business_type,
        volumes.category,
        coalesce(volumes.subcategory, '未填写') as subcategory,
        volumes.tickets,
        days.is_working_day,
        days.is_special_day,
        days.day_kind
    from {{ ref('int_topic_day') }} as volumes
    inner join {{ ref('int_topic_watch_day') }} as days
        on volumes.platform_code = days.platform_code and volumes.date_day = days.date_day

)

select
    month,
    date_day,
    day_kind,
    is_working_day,
    is_special_day,
    platform_code,
    business_type,
    case when grouping(subcategory) = 1 then 'category' else 'subcategory' end as level,
    category,
    subcategory,
    concat_ws('|', business_type, category, subcategory) as series_key,
    cast(sum(tickets) as bigint) as tickets

from daily

group by
    grouping sets (
        (
            month, date_day, day_kind, is_working_day, is_special_day,
            platform_code, business_type, category, subcategory
        ),
        (month, date_day, day_kind, is_working_day, is_special_day, platform_code, business_type, category)
    )
