-- How many series a day's candidates were chosen from: those with tickets in its month or the one before.
with series as (

    select distinct
        month,
        platform_code,
        level,
        series_key
    from {{ ref('int_topic_watch_volume') }}

),

months as (

    select distinct
        month,
        {{ add_months('month', -1) }} as month_before
    from series

)

select
    months.month,
    series.level,
    count(distinct concat_ws('|', series.platform_code, series.series_key)) as tests

from months
inner join series on months.month = series.month or months.month_before = series.month

group by months.month, series.level
