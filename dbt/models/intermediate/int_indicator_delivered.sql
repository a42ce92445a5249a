-- How punctual and how clean a platform's deliveries of a month of data are.
with owed as (

    select
        month,
        platform_code,
        count(*) filter (where status = 'on_time') as deliveries_on_time,
        count(*) filter (where status <> 'pending') as deliveries_owed,
        count(*) filter (where status = 'pending') as deliveries_pending
    from {{ ref('mart_feed_obligation') }}
    group by month, platform_code

),

received as (

    -- rows belong to the month that they tell of, as the reported figure does, not to the month of their delivery
    select
        coalesce(periods.month, {{ month_start("files.delivery_day - interval '1 day'") }}) as month,
        files.platform_code,
        sum(files.rows_loaded) as rows_loaded,
        sum(files.rows_in) as rows_in
    from {{ ref('fct_feed_delivery') }} as files
    inner join {{ ref('stg_platforms') }} as platforms on files.platform_code = platforms.code
    left join {{ ref('int_feed_obligation') }} as periods
        on
            files.platform_code = periods.platform_code
            and files.feed = periods.feed
            and {{ month_start('files.delivery_day') }} = periods.arrival_from
            and periods.delivery_mode <> 'daily'
    group by
        coalesce(periods.month, {{ month_start("files.delivery_day - interval '1 day'") }}),
        files.platform_code

)

select
    month,
    platform_code,
    'data_on_time_submission' as indicator_code,
    'owed' as population,
    cast(deliveries_on_time as decimal(18, 4)) as numerator,
    cast(deliveries_owed as decimal(18, 4)) as denominator,
    cast(null as decimal(18, 4)) as closed_numerator,
    cast(null as decimal(18, 4)) as closed_denominator,
    deliveries_pending = 0 as is_mature

from owed
where deliveries_owed > 0

union all

select
    received.month,
    received.platform_code,
    'data_valid' as indicator_code,
    'delivered' as population,
    cast(received.rows_loaded as decimal(18, 4)) as numerator,
    cast(received.rows_in as decimal(18, 4)) as denominator,
    cast(null as decimal(18, 4)) as closed_numerator,
    cast(null as decimal(18, 4)) as closed_denominator,
    coalesce(owed.deliveries_pending = 0, true) as is_mature

from received
left join owed
    on received.month = owed.month and received.platform_code = owed.platform_code
where received.rows_in > 0
