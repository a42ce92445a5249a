{{ config(materialized='table') }}
with newest as (

    {{ first_version(all_rows('spot_check_draws'), ['frame_no']) }}

),

renamed as (

    select
        ---------- ids
        frame_no,

        ---------- draw
        revealed_at,
        value,
        algorithm,
        drawn,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
