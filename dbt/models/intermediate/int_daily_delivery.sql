-- The days whose tickets a platform owes, up to the last day that was over and that anybody delivered, and whether they
-- came. A file in the folder of tomorrow tells of a day that nobody else owes yet.
with owed_days as (

    select
        owed.platform_code,
        dates.date_day,
        owed.delivered_at is not null as is_delivered
    from {{ ref('mart_feed_obligation') }} as owed
    inner join {{ ref('dim_date') }} as dates on dates.date_day between owed.period_from and owed.period_to
    where owed.feed = 'tickets'

),

taken as (

    -- by our clock: a sender may give a file any time
    select cast(max(ingested_at) as date) as last_day
    from {{ ref('stg_feed_deliveries') }}
    where feed = 'tickets'

),

latest as (

    select max(owed_days.date_day) as date_day
    from owed_days
    inner join taken on owed_days.date_day < taken.last_day
    where owed_days.is_delivered

)

select
    owed_days.platform_code,
    owed_days.date_day,
    owed_days.is_delivered

from owed_days
inner join latest on owed_days.date_day <= latest.date_day
