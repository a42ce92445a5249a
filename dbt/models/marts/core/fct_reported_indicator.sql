select
    reported.month,
    reported.platform_code,
    reported.indicator_code,
    reported.reported_value,
    reported.reported_text,
    reported.decimals,
    reported.unit,
    coalesce(
        reported.reported_value between units.lowest and coalesce(units.highest, reported.reported_value), false
    ) as is_possible,
    reported.delivery_day,
    reported.file_hash,
    reported.file_row_number,
    coalesce(files.origin, 'simulated') as origin

from {{ ref('stg_reported_indicators') }} as reported
left join {{ ref('stg_indicators') }} as indicators on reported.indicator_code = indicators.code
left join {{ ref('indicator_units') }} as units on indicators.unit = units.code
left join {{ ref('stg_feed_deliveries') }} as files
    on
        files.feed = 'reported_indicators'
        and reported.sender_code = files.sender_code
        and reported.delivery_day = files.delivery_day
        and reported.file_hash = files.content_hash
