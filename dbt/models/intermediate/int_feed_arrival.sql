-- What arrived of a feed in a day's folder, and in all folders of a month: the two ways in which feeds are owed.
with folders as (

    select *, 'day' as arrival_span, delivery_day as arrival_from  -- noqa: AM04
    from {{ ref('stg_feed_deliveries') }}

    union all

    select *, 'month' as arrival_span, {{ month_start('delivery_day') }} as arrival_from  -- noqa: AM04
    from {{ ref('stg_feed_deliveries') }}

)

select
    sender_code as platform_code,
    feed,
    arrival_span,
    arrival_from,
    count(*) as files,
    count(*) filter (where status = 'rejected') as files_rejected,

    -- the first file that was taken in counts: a correction that follows does not make a delivery late
    min(delivered_at) filter (where status <> 'rejected') as delivered_at,
    min_by(file_name, (delivered_at, content_hash)) filter (where status <> 'rejected') as file_name,
    max_by(message, (delivered_at, content_hash)) filter (where status = 'rejected') as message,
    max_by(message_zh, (delivered_at, content_hash)) filter (where status = 'rejected') as message_zh

from folders

group by sender_code, feed, arrival_span, arrival_from
