{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('platform_outages'), ['outage_no']) }}

),

renamed as (

    select
        ---------- ids
        outage_no,
        platform_code,

        ---------- what happened
        reason,

        ---------- timestamps
        started_at,
        ended_at,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
