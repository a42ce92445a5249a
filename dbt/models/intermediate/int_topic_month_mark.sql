{{ config(materialized='incremental', incremental_strategy='append') }}
with volumes as (

    select
        month,
        {{ mark_of_rows(['platform_code', 'business_type', 'domain', 'category', 'subcategory', 'tickets']) }} as mark
    from {{ ref('mart_category_monthly') }}
    group by month

),

-- whether a month is complete changes without a new ticket in it
deliveries as (

    select
        volumes.month,
        count(as_of.platform_code) as complete_platforms
    from volumes
    left join {{ ref('int_platform_as_of') }} as as_of on {{ add_months('volumes.month', 1) }} <= as_of.known_until
    group by volumes.month

),

marks as (

    select
        'volume' as topic,
        volumes.month,
        concat_ws('/', volumes.mark, cast(deliveries.complete_platforms as varchar)) as mark
    from volumes
    inner join deliveries on volumes.month = deliveries.month

    union all

    select
        'spot' as topic,
        month,
        {{ mark_of_rows(
            ['ticket_month', 'platform_code', 'district', 'hour', 'category', 'subcategory', 'tickets']
        ) }} as mark
    from {{ ref('int_topic_spot_month') }}
    group by month

)

{{ changed_marks('marks', 'topic') }}
