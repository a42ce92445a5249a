-- From the first notice on to the end of the year in which the longest limit of the newest delivery can end.
with noticed_years as (

    select distinct cast(extract(year from date_day) as integer) as year
    from {{ ref('state_council_days') }}

),

longest_limit as (

    -- a calendar works at least one day a week, holidays apart, and no holiday lasts a month
    select
        31 + 7 * max(
            {{ integer_divide(
                'amount + extension_amount * most_extensions', "case when unit in ('hours', 'working_hours') then 8 else 1 end"
            ) }}
        ) as days
    from {{ ref('int_time_limit_rule') }}

),

newest_delivery as (

    select max(delivery_day) as delivery_day
    from {{ ref('stg_feed_deliveries') }}

),

reach as (

    select
        (select min(noticed_years.year) from noticed_years) as first_year,
        greatest(
            (select max(noticed_years.year) from noticed_years),
            cast(extract(year from newest_delivery.delivery_day + interval '1 day' * longest_limit.days) as integer)
        ) as last_year
    from newest_delivery
    cross join longest_limit

),

days as (

    {{ date_series('make_date(reach.first_year, 1, 1)', 'make_date(reach.last_year, 12, 31)') }}
    from reach

),

noticed as (

    select
        days.date_day,
        {{ iso_dow('days.date_day') }} as iso_dow,
        coalesce(notices.day_kind = 'holiday', false) as is_holiday,
        coalesce(notices.day_kind = 'make_up_workday', false) as is_make_up_workday,
        notices.holiday_name,
        noticed_years.year is null as is_provisional
    from days
    left join {{ ref('state_council_days') }} as notices
        on days.date_day = notices.date_day
    left join noticed_years on extract(year from days.date_day) = noticed_years.year

)

select
    date_day,
    cast(extract(year from date_day) as integer) as year,
    cast(extract(month from date_day) as integer) as month,
    cast(extract(quarter from date_day) as integer) as quarter,
    iso_dow,
    iso_dow >= 6 as is_weekend,
    is_holiday,
    is_make_up_workday,
    is_make_up_workday or (iso_dow <= 5 and not is_holiday) as is_working_day,
    holiday_name,
    is_provisional

from noticed
