-- Until when a platform's tickets are known: a daily delivery tells of the days before it.
select
    sender_code as platform_code,
    cast(max(delivery_day) as timestamp) as known_until

from {{ ref('stg_feed_deliveries') }}

where
    feed in ('tickets', 'ticket_events')
    and rows_loaded > 0

group by sender_code
