-- Every hour of the week of each platform, with the days that were looked at: an hour without a ticket is a zero there.
with days as (

    select
        control.platform_code,
        control.platform_name,
        control.platform_kind,
        control.date_day,
        dates.iso_dow
    from {{ ref('mart_daily_control') }} as control
    inner join {{ ref('dim_date') }} as dates on control.date_day = dates.date_day
    inner join {{ ref('mart_daily_summary') }} as latest
        on control.platform_code = latest.platform_code and control.measure = latest.measure
    inner join {{ ref('control_rules') }} as rules on {{ holds_on('rules', 'latest.date_day') }}
    where
        control.measure = 'tickets'
        and control.scope_kind = 'platform'
        and control.is_complete
        and {{ days_of('control.date_day', 'latest.date_day') }} <= rules.arrival_days

),

first_days as (

    select min(date_day) as first_day
    from days

),

hours as (

    select unnest(generate_series(0, 23)) as hour

),

counted as (

    select
        tickets.platform_code,
        cast(tickets.accepted_at as date) as date_day,
        cast(extract(hour from tickets.accepted_at) as integer) as hour,
        count(*) as tickets,
        count(*) filter (where tickets.business_type = 'complaint') as complaints
    from {{ ref('fct_ticket') }} as tickets
    inner join first_days on tickets.accepted_at >= first_days.first_day
    group by all

)

select
    days.platform_code,
    days.platform_name,
    days.platform_kind,
    days.iso_dow,
    cast(hours.hour as integer) as hour,
    min(days.date_day) as first_day,
    max(days.date_day) as last_day,
    count(*) as days_observed,
    cast(coalesce(sum(counted.tickets), 0) as bigint) as tickets,
    cast(coalesce(sum(counted.complaints), 0) as bigint) as complaints,
    {{ origin_of('days.platform_code', 'max(days.date_day)') }} as origin

from days
cross join hours
left join counted
    on
        days.platform_code = counted.platform_code
        and days.date_day = counted.date_day
        and hours.hour = counted.hour

group by days.platform_code, days.platform_name, days.platform_kind, days.iso_dow, hours.hour
