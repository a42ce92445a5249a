-- Files that were taken as simulated and of which rows were loaded, counting or not.
select
    feed,
    sender_code,
    delivery_day,
    content_hash

from {{ ref('stg_feed_deliveries') }}

where origin = 'simulated' and rows_loaded > 0
