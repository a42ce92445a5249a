-- The last day beside its week and its month; a comparison is null unless both sides have as many complete days.
with latest as (

    select *
    from {{ ref('mart_daily_control') }}
    where is_latest

),

placed as (

    select
        days.scope_kind,
        days.scope_code,
        days.measure,
        days.tickets,
        days.is_complete,
        latest.date_day - days.date_day as days_ago,
        extract(day from latest.date_day) as days_of_month,
        {{ month_start('days.date_day') }} = {{ month_start('latest.date_day') }} as is_this_month,
        {{ month_start('days.date_day') }} < {{ month_start('latest.date_day') }}
        and extract(day from days.date_day) <= extract(day from latest.date_day) as is_month_before
    from {{ ref('mart_daily_control') }} as days
    inner join latest
        on
            days.scope_kind = latest.scope_kind
            and days.scope_code = latest.scope_code
            and days.measure = latest.measure
            and days.date_day >= {{ add_months(month_start('latest.date_day'), -1) }}

),

sums as (

    select
        scope_kind,
        scope_code,
        measure,
        sum(tickets) filter (where days_ago < 7) as week_tickets,
        count(*) filter (where days_ago < 7 and is_complete) as week_days,
        sum(tickets) filter (where days_ago between 7 and 13) as week_before_tickets,
        count(*) filter (where days_ago between 7 and 13 and is_complete) as week_before_days,
        sum(tickets) filter (where is_this_month) as month_tickets,
        count(*) filter (where is_this_month and is_complete) as month_days,
        sum(tickets) filter (where is_month_before) as month_before_tickets,
        count(*) filter (where is_month_before and is_complete) as month_before_days,
        max(days_of_month) as days_of_month
    from placed
    group by scope_kind, scope_code, measure

)

select
    latest.date_day,
    latest.scope_kind,
    latest.scope_code,
    latest.platform_kind,
    latest.platform_code,
    latest.platform_name,
    latest.measure,

    ---------- day
    latest.senders,
    latest.senders_delivered,
    latest.tickets,
    case when latest.is_complete then latest.same_weekday_tickets end as same_weekday_tickets,
    latest.week_mean,
    latest.baseline_days,
    latest.centre,
    latest.lower_limit,
    latest.upper_limit,
    latest.status,

    ---------- week and month to date
    cast(sums.week_tickets as bigint) as week_tickets,
    sums.week_days,
    cast(case
        when sums.week_days = 7 and sums.week_before_days = 7 then sums.week_before_tickets
    end as bigint) as week_before_tickets,
    cast(sums.month_tickets as bigint) as month_tickets,
    sums.month_days,
    cast(case
        when sums.month_days = sums.days_of_month and sums.month_before_days = sums.month_days
            then sums.month_before_tickets
    end as bigint) as month_before_tickets,
    latest.origin

from latest
inner join sums
    on
        latest.scope_kind = sums.scope_kind
        and latest.scope_code = sums.scope_code
        and latest.measure = sums.measure
