{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('dial_tests'), ['test_no']) }}

),

renamed as (

    select
        ---------- ids
        test_no,
        platform_code,
        ticket_no,

        ---------- what happened
        answer_seconds,
        is_answered_in_time,
        is_converted_in_time,

        ---------- timestamps
        called_at,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
