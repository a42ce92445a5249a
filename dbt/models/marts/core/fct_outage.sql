with feed_as_of as (

    select known_until
    from {{ ref('int_feed_as_of') }}
    where feed = 'platform_outages'

),

counted as (

    select
        outages.*,

        -- one that lasts is counted as far as the feed reaches; an end before the start is no time at all
        greatest(coalesce(outages.ended_at, feed_as_of.known_until), outages.started_at) as counted_until
    from {{ ref('stg_platform_outages') }} as outages
    left join feed_as_of on true

)

select
    outage_no,
    platform_code,
    {{ month_start('started_at') }} as month,
    started_at,
    ended_at,
    ended_at is not null as is_over,
    coalesce(ended_at < started_at, false) as is_implausible,
    counted_until,
    {{ ratio_half_up(seconds_between('started_at', 'counted_until'), '60', 4) }} as minutes,
    reason,
    delivery_day,
    file_hash,
    file_row_number

from counted
