{{ config(materialized='table') }}
-- Only a platform speaks for itself: the version is the newest of that sender.
with newest as (

    {{ newest_version(all_rows('spot_check_replies'), ['platform', 'frame_no', 'ticket_no']) }}

),

renamed as (

    select
        ---------- ids
        frame_no,
        ticket_no,

        ---------- reply
        statement,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
