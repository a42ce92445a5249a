{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('enterprises'), ['platform_code', 'enterprise_code', 'valid_from']) }}

),

renamed as (

    select
        ---------- ids
        platform_code,
        enterprise_code,

        ---------- what it is
        enterprise_name,
        category,
        vehicles,
        trips_10k,

        ---------- dates
        valid_from,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
