{#
    Each day beside the days before it: those of its own kind (working, off), the same weekday, its week.

    Only complete days take part: a sum without a sender would lower every mean. A moving range over a gap longer than the
    baseline tells of another time, and is left out.
#}
with days as (

    select
        volumes.*,
        dates.is_working_day,
        rules.baseline_days,
        rules.minimum_days,
        rules.range_factor,
        rules.minimum_mean,
        volumes.senders_delivered = volumes.senders as is_complete,
        case when volumes.senders_delivered = volumes.senders then volumes.tickets end as complete_tickets,
        case when volumes.senders_delivered = volumes.senders then volumes.date_day end as complete_day
    from {{ ref('int_daily_volume') }} as volumes
    inner join {{ ref('dim_date') }} as dates on volumes.date_day = dates.date_day
    inner join {{ ref('control_rules') }} as rules on {{ holds_on('rules', 'volumes.date_day') }}

),

neighbours as (

    select
        *,
        lag(complete_tickets ignore nulls) over same_kind as tickets_before,
        lag(complete_day ignore nulls) over same_kind as day_before,
        sum(complete_tickets) over a_week_ago as same_weekday_tickets,
        count(complete_tickets) over week as week_days,
        sum(complete_tickets) over week as week_tickets
    from days
    window
        same_kind as (partition by scope_kind, scope_code, measure, is_working_day order by date_day),
        week as (
            partition by scope_kind, scope_code, measure order by date_day
            range between interval 6 days preceding and current row
        ),
        a_week_ago as (
            partition by scope_kind, scope_code, measure order by date_day
            range between interval 7 days preceding and interval 7 days preceding
        )

),

ranges as (

    select
        *,
        case
            when {{ days_of('day_before', 'date_day') }} - 1 <= baseline_days
                then abs(complete_tickets - tickets_before)
        end as moving_range
    from neighbours

)

select
    ranges.date_day,
    ranges.scope_kind,
    ranges.scope_code,
    ranges.platform_kind,
    ranges.platform_code,
    ranges.measure,
    ranges.is_working_day,
    ranges.senders,
    ranges.senders_delivered,
    ranges.is_complete,
    ranges.tickets,
    cast(ranges.same_weekday_tickets as bigint) as same_weekday_tickets,
    ranges.week_days,
    cast(ranges.week_tickets as bigint) as week_tickets,
    ranges.minimum_days,
    ranges.range_factor,
    ranges.minimum_mean,
    count(baseline.complete_tickets) as days_counted,
    cast(sum(baseline.complete_tickets) as bigint) as tickets_counted,
    count(baseline.moving_range) as ranges_counted,
    cast(sum(baseline.moving_range) as bigint) as ranges_sum

from ranges
left join ranges as baseline
    on
        ranges.scope_kind = baseline.scope_kind
        and ranges.scope_code = baseline.scope_code
        and ranges.measure = baseline.measure
        and ranges.is_working_day = baseline.is_working_day
        and ranges.date_day > baseline.date_day
        and {{ days_of('baseline.date_day', 'ranges.date_day') }} - 1 <= ranges.baseline_days

group by all
