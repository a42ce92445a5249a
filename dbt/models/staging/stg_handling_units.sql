{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('handling_units'), ['platform_code', 'unit_code', 'valid_from']) }}

),

renamed as (

    select
        ---------- ids
        platform_code,
        unit_code,
        parent_unit_code,

        ---------- what it is
        unit_name,
        unit_class,
        district,

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
