with days as (

    {{ date_series('2004-01-01', '2026-12-31') }}

),

noticed as (

    select
        days.date_day,
        {{ iso_dow('days.date_day') }} as iso_dow,
        coalesce(notices.day_kind = 'holiday', false) as is_holiday,
        coalesce(notices.day_kind = 'make_up_workday', false) as is_make_up_workday,
        notices.holiday_name
    from days
    left join {{ ref('state_council_days') }} as notices
        on days.date_day = notices.date_day

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
    holiday_name

from noticed
