{{ config(materialized='table') }}
with newest as (

    {{ first_version(all_rows('spot_check_frames'), ['frame_no']) }}

),

renamed as (

    select
        ---------- ids
        frame_no,
        period_from,
        platform_code,
        kind,

        ---------- what may be drawn
        population,
        list_sha256,
        frozen_at,
        randomness,
        planned,

        ---------- what the platform claims of it
        callback_text,
        callback_numerator,
        callback_denominator,
        close_text,
        close_numerator,
        close_denominator,
        satisfaction_text,
        satisfaction_numerator,
        satisfaction_denominator,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
