{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('spot_check_frame_tickets'), ['frame_no', 'ticket_no']) }}

),

renamed as (

    select
        ---------- ids
        frame_no,
        ticket_no,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
