-- How far a feed reaches, whoever sent it: a file tells of nothing after its arrival, nor after its day.
select
    feed,
    min(delivery_day) as first_delivery_day,
    max(least(delivered_at, delivery_day + interval '1 day')) as known_until

from {{ ref('stg_feed_deliveries') }}

where status <> 'rejected'

group by feed
