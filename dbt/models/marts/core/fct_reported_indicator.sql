select
    month,
    platform_code,
    indicator_code,
    reported_value,
    reported_text,
    decimals,
    unit,
    delivery_day,
    file_hash,
    file_row_number

from {{ ref('stg_reported_indicators') }}
