{{ config(materialized='table') }}
with newest as (

    {{ first_version(all_rows('spot_check_assignments'), ['check_no']) }}

),

renamed as (

    select
        ---------- ids
        check_no,
        frame_no,
        ticket_no,
        draw_position,

        ---------- who calls
        caller_key,
        blind_recheck_of,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
