with days as (

    select
        date_day,
        platform_code,
        business_type,
        sum(opening) as opening,
        sum(inflow) as inflow,
        sum(outflow) as outflow,
        sum(closing) as closing,
        sum(aged_in) - sum(aged_out) as aged
    from {{ ref('fct_backlog_daily') }}
    group by date_day, platform_code, business_type

),

followed as (

    select
        *,
        lag(date_day) over (partition by platform_code, business_type order by date_day) as day_before,
        lag(closing) over (partition by platform_code, business_type order by date_day) as closing_before
    from days

)

select * from followed
where
    opening + inflow - outflow <> closing
    or aged <> 0
    -- a day without a row had nothing open
    or opening <> case when day_before = date_day - 1 then closing_before else 0 end
    or (day_before < date_day - 1 and closing_before <> 0)
