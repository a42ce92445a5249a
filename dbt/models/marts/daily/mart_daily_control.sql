with limits as (

    select
        *,
        {{ ratio_half_up('tickets_counted', 'days_counted', 4) }} as mean,
        cast(range_factor * {{ ratio_half_up('ranges_sum', 'ranges_counted', 4) }} as decimal(18, 4)) as spread,
        days_counted >= minimum_days and ranges_counted > 0 as has_history
    from {{ ref('int_daily_baseline') }}

),

judged as (

    select
        *,
        case when has_history then cast(mean as decimal(18, 4)) end as centre,
        case
            when has_history and mean >= minimum_mean then cast(greatest(mean - spread, 0) as decimal(18, 4))
        end as lower_limit,
        case
            when has_history and mean >= minimum_mean then cast(mean + spread as decimal(18, 4))
        end as upper_limit
    from limits

)

select
    judged.date_day,
    judged.date_day = max(judged.date_day) over () as is_latest,
    judged.scope_kind,
    judged.scope_code,
    judged.platform_kind,
    judged.platform_code,
    platforms.name_zh as platform_name,
    judged.measure,
    judged.is_working_day,

    ---------- count
    judged.senders,
    judged.senders_delivered,
    judged.is_complete,
    judged.tickets,
    judged.same_weekday_tickets,
    case
        when judged.week_days = 7 then cast({{ ratio_half_up('judged.week_tickets', '7', 4) }} as decimal(18, 4))
    end as week_mean,

    ---------- limits
    judged.days_counted as baseline_days,
    judged.centre,
    judged.lower_limit,
    judged.upper_limit,
    case
        when judged.senders_delivered = 0 then 'missing'
        when not judged.is_complete then 'incomplete'
        when not judged.has_history then 'not_enough_history'
        when judged.upper_limit is null then 'small_n'
        when judged.tickets > judged.upper_limit then 'above'
        when judged.tickets < judged.lower_limit then 'below'
        else 'within'
    end as status,
    {{ origin_of('judged.platform_code', 'judged.date_day') }} as origin

from judged
left join {{ ref('stg_platforms') }} as platforms on judged.platform_code = platforms.code
