{{ config(materialized='incremental', incremental_strategy='append') }}
with volumes as (

    select
        month,
        {{ mark_of_rows(['platform_code', 'business_type', 'domain', 'category', 'subcategory', 'tickets']) }} as mark
    from {{ ref('mart_category_monthly') }}
    group by month

),

-- whether a month is whole changes without a new ticket in it
deliveries as (

    select
        month,
        {{ mark_of_rows(['platform_code', 'has_all_tickets']) }} as mark
    from {{ ref('int_platform_month') }}
    group by month

),

origins as (

    select
        month,
        {{ mark_of_rows(['platform_code']) }} as mark
    from {{ ref('int_simulated_month') }}
    group by month

),

spots as (

    select
        month,
        {{ mark_of_rows(
            ['ticket_month', 'platform_code', 'district', 'hour', 'category', 'subcategory', 'tickets', 'incidents']
        ) }} as mark
    from {{ ref('int_topic_spot_month') }}
    group by month

),

marks as (

    select
        'volume' as topic,
        volumes.month,
        concat_ws('/', volumes.mark, deliveries.mark, origins.mark) as mark
    from volumes
    left join deliveries on volumes.month = deliveries.month
    left join origins on volumes.month = origins.month

    union all

    select
        'spot' as topic,
        spots.month,
        concat_ws('/', spots.mark, origins.mark) as mark
    from spots
    left join origins on spots.month = origins.month

)

{{ changed_marks('marks', 'topic') }}
