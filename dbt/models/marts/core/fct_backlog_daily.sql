with running as (

    select
        *,
        lead(date_day) over (partition by platform_code, business_type, age_band order by date_day) as next_move_on,
        cast(sum(inflow + aged_in - outflow - aged_out) over (
            partition by platform_code, business_type, age_band order by date_day rows unbounded preceding
        ) as bigint) as closing
    from {{ ref('int_backlog_move') }}

),

-- a day without a move has a row as long as tickets are open
days as (

    select
        dates.date_day,
        running.platform_code,
        running.business_type,
        running.age_band,
        running.closing,
        case when dates.date_day = running.date_day then running.inflow else 0 end as inflow,
        case when dates.date_day = running.date_day then running.aged_in else 0 end as aged_in,
        case when dates.date_day = running.date_day then running.outflow else 0 end as outflow,
        case when dates.date_day = running.date_day then running.aged_out else 0 end as aged_out
    from running
    inner join {{ ref('int_platform_as_of') }} as as_of on running.platform_code = as_of.platform_code
    inner join {{ ref('dim_date') }} as dates
        on
            running.date_day <= dates.date_day
            and coalesce(running.next_move_on, cast(as_of.known_until as date)) > dates.date_day
            and (running.date_day = dates.date_day or running.closing > 0)

)

select
    days.date_day,
    days.platform_code,
    days.business_type,
    days.age_band,
    days.closing - days.inflow - days.aged_in + days.outflow + days.aged_out as opening,
    days.inflow,
    days.aged_in,
    days.outflow,
    days.aged_out,
    days.closing,
    {{ origin_of_stock('days.platform_code', 'days.date_day') }} as origin

from days
