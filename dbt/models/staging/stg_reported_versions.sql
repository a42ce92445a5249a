{{ config(materialized='table') }}
-- Every delivered version of what platforms reported: a verdict holds them to what they said before the check.
select
    month,
    platform_code,
    indicator_code,
    reported_text,
    dt as delivery_day,
    _delivered_at as delivered_at,
    _file_hash as file_hash,
    _row_number as file_row_number

from {{ all_rows('reported_indicators') }}
