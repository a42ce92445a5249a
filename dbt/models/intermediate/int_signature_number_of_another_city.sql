-- Rows of tickets by the month of their arrival: those that ingest refused because they bear another city's number, and
-- those that passed it and are nobody's (mart_foreign_row). A day's folder that is delivered again counts once.
with files as (

    select
        sender_code as platform_code,
        delivery_day,
        rows_in,
        coalesce(
            try_cast(nullif(regexp_extract(reasons, '"ticket_no:sender": *([0-9]+)', 1), '') as bigint), 0
        ) as foreign_rows
    from {{ ref('stg_feed_deliveries') }}
    where feed = 'tickets'

),

days as (

    select
        platform_code,
        delivery_day,
        max(rows_in) as rows_in,
        max(foreign_rows) as foreign_rows
    from files
    group by platform_code, delivery_day

),

months as (

    select
        {{ month_start('delivery_day') }} as month,
        platform_code,
        sum(coalesce(rows_in, 0)) as rows_in,
        sum(foreign_rows) as foreign_rows
    from days
    group by all

)

select
    months.month,
    months.platform_code,
    cast(months.rows_in as bigint) as eligible,
    cast(least(months.foreign_rows + coalesce(passed.foreign_rows, 0), months.rows_in) as bigint) as hits,
    cast(months.foreign_rows + coalesce(passed.foreign_rows, 0) as varchar) as evidence

from months
left join {{ ref('mart_foreign_row') }} as passed
    on months.month = passed.month and months.platform_code = passed.platform_code and passed.feed = 'tickets'
