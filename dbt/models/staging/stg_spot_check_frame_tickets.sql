{{ config(materialized='table') }}
with delivered as (

    {{ first_version(all_rows('spot_check_frame_tickets'), ['frame_no', 'ticket_no']) }}

),

-- a list is one file, the first delivered: what is added later was not frozen
firsts as (

    {{ first_version(all_rows('spot_check_frame_tickets'), ['frame_no']) }}

),

renamed as (

    select
        ---------- ids
        delivered.frame_no,
        delivered.ticket_no,

        ---------- lineage
        delivered.platform as sender_code,
        delivered.dt as delivery_day,
        delivered._delivered_at as delivered_at,
        delivered._file_hash as file_hash,
        delivered._row_number as file_row_number

    from delivered
    inner join firsts
        on
            delivered.frame_no = firsts.frame_no
            and delivered.dt = firsts.dt
            and delivered._file_hash = firsts._file_hash

)

select * from renamed
