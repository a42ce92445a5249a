select
    sender_code as platform_code,
    feed,
    delivery_day,
    delivered_at,
    ingested_at,
    content_hash,
    file_name,
    size_bytes,
    encoding,
    delimiter,
    status,
    rows_in,
    rows_loaded,
    rows_quarantined,
    reasons,
    warnings,
    message,
    message_zh,
    origin

from {{ ref('stg_feed_deliveries') }}
