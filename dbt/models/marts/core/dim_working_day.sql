with days as (

    select
        calendars.code as calendar,
        dates.date_day,
        calendars.follows_state_council and dates.is_provisional as is_provisional,
        case
            when calendars.follows_state_council and dates.is_holiday then 'holiday'
            when calendars.follows_state_council and dates.is_make_up_workday then 'make_up_workday'
            else cast(dates.iso_dow as varchar)
        end as day_type
    from {{ ref('working_calendars') }} as calendars
    cross join {{ ref('dim_date') }} as dates

),

periods as (

    select
        days.calendar,
        days.date_day,
        days.is_provisional,
        {{ seconds_of_clock_time('hours.starts_at') }} as period_from,
        {{ seconds_of_clock_time('hours.ends_at') }} as period_to,
        row_number() over (partition by days.calendar, days.date_day order by hours.starts_at) as position
    from days
    -- left: a day that is not worked has a row too, with an empty period
    left join {{ ref('working_periods') }} as hours
        on
            days.calendar = hours.calendar
            and days.day_type = hours.day_type
            and {{ holds_on('hours', 'days.date_day') }}

),

pivoted as (

    select
        calendar,
        date_day,
        {% for period in (1, 2, 3) -%}
        coalesce(max(period_from) filter (where position = {{ period }}), 0) as period_{{ period }}_from,
        coalesce(max(period_to) filter (where position = {{ period }}), 0) as period_{{ period }}_to,
        {% endfor -%}
        cast(coalesce(sum(period_to - period_from), 0) as bigint) as seconds,
        is_provisional
    from periods
    group by calendar, date_day, is_provisional

)

select
    calendar,
    date_day,
    seconds,
    cast(
        sum(seconds) over (partition by calendar order by date_day rows unbounded preceding) - seconds as bigint
    ) as seconds_before,
    cast(
        count(nullif(seconds, 0)) over (partition by calendar order by date_day rows unbounded preceding) as bigint
    ) as working_day_number,
    period_1_from,
    period_1_to,
    period_2_from,
    period_2_to,
    period_3_from,
    period_3_to,
    is_provisional

from pivoted
