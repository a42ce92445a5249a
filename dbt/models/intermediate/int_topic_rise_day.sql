{#
    Days with enough tickets, each against the days before it in its window.

    Expected: days of the same kind (the same weekday; any working day for a make-up workday, any day off for a holiday).
    Spread: all days of the window about the mean of their own kind, chi-squared over degrees of freedom.
#}
with candidates as (

    select
        volumes.*,
        as_of.known_until,
        rules.baseline_days
    from {{ ref('int_topic_watch_volume') }} as volumes
    inner join {{ ref('int_platform_as_of') }} as as_of on volumes.platform_code = as_of.platform_code
    inner join {{ ref('topic_rise_rules') }} as rules
        on
            rules.period_kind = 'day'
            and {{ holds_on('rules', 'volumes.date_day') }}
    where
        volumes.tickets >= rules.minimum_tickets
        and {{ seconds_between('cast(volumes.date_day as timestamp)', 'as_of.known_until') }}
        <= rules.watch_days * 86400

),

window_days as (

    select
        candidates.date_day,
        candidates.platform_code,
        candidates.level,
        candidates.series_key,
        days.day_kind,
        case
            when candidates.is_special_day then days.is_working_day = candidates.is_working_day
            else days.day_kind = candidates.day_kind
        end as is_comparable,
        coalesce(history.tickets, 0) as tickets
    from candidates
    inner join {{ ref('int_topic_watch_day') }} as days
        on
            candidates.platform_code = days.platform_code
            and candidates.date_day > days.date_day
            and {{ seconds_between('cast(days.date_day as timestamp)', 'cast(candidates.date_day as timestamp)') }}
            <= candidates.baseline_days * 86400
    left join {{ ref('int_topic_watch_volume') }} as history
        on
            candidates.platform_code = history.platform_code
            and candidates.level = history.level
            and candidates.series_key = history.series_key
            and days.date_day = history.date_day

),

kinds as (

    select
        date_day,
        platform_code,
        level,
        series_key,
        sum(case when is_comparable then tickets else 0 end) as baseline_tickets,
        sum(case when is_comparable then 1 else 0 end) as baseline_days,
        -- sum of squares about the mean, over the mean; a decimal, as sums of doubles depend on their order
        case
            when sum(tickets) > 0
                then
                    cast(
                        {{ divide('sum(tickets * tickets) * count(*)', 'sum(tickets)') }} - sum(tickets)
                        as decimal(24, 6)
                    )
        end as chi_squared,
        case when sum(tickets) > 0 then count(*) - 1 end as degrees_of_freedom
    from window_days
    group by date_day, platform_code, level, series_key, day_kind

),

baselines as (

    select
        date_day,
        platform_code,
        level,
        series_key,
        sum(baseline_tickets) as baseline_tickets,
        sum(baseline_days) as baseline_days,
        {{ divide('sum(chi_squared)', 'sum(degrees_of_freedom)') }} as dispersion
    from kinds
    group by date_day, platform_code, level, series_key

)

select
    candidates.month,
    candidates.date_day,
    candidates.platform_code,
    candidates.business_type,
    candidates.level,
    candidates.category,
    candidates.subcategory,
    candidates.day_kind,
    candidates.tickets,
    cast(coalesce(baselines.baseline_tickets, 0) as bigint) as baseline_tickets,
    cast(coalesce(baselines.baseline_days, 0) as bigint) as baseline_days,
    baselines.dispersion

from candidates
left join baselines
    on
        candidates.date_day = baselines.date_day
        and candidates.platform_code = baselines.platform_code
        and candidates.level = baselines.level
        and candidates.series_key = baselines.series_key
