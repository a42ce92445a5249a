{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('reported_indicators'), ['month', 'platform_code', 'indicator_code']) }}

),

renamed as (

    select
        ---------- ids
        month,
        platform_code,
        indicator_code,

        ---------- value as sent
        reported_text,
        cast(reported_text as decimal(18, 4)) as reported_value,
        {{ decimals_of('reported_text') }} as decimals,
        unit,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
