-- The days whose tickets a platform owes, up to the last day that anybody delivered, and whether they came.
with owed_days as (

    select
        owed.platform_code,
        dates.date_day,
        owed.delivered_at is not null as is_delivered
    from {{ ref('mart_feed_obligation') }} as owed
    inner join {{ ref('dim_date') }} as dates on dates.date_day between owed.period_from and owed.period_to
    where owed.feed = 'tickets'

),

latest as (

    select max(date_day) as date_day
    from owed_days
    where is_delivered

)

select
    owed_days.platform_code,
    owed_days.date_day,
    owed_days.is_delivered

from owed_days
inner join latest on owed_days.date_day <= latest.date_day
