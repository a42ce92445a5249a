{{ config(materialized='table') }}
-- Another caller's sheet, or another ticket under the same number, is no newer version of what was handed out.
with newest as (

    {{ newest_version(all_rows('spot_checks'), ['check_no', 'caller_key', 'frame_no', 'ticket_no', 'platform_code']) }}

),

renamed as (

    select
        ---------- ids
        check_no,
        month,
        platform_code,
        ticket_no,
        frame_no,
        draw_position,

        ---------- what the caller said
        is_callback_true,
        is_close_true,
        is_satisfaction_true,

        ---------- whether the rates speak of the ticket
        in_callback_denominator,
        in_close_denominator,
        in_satisfaction_denominator,

        ---------- the call
        coalesce(outcome, 'reached') as outcome,
        attempts,
        caller_key,
        called_at,
        recording_no,

        ---------- what bears it out
        record_kind,
        blind_recheck_of,
        adjudication,
        platform_statement,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
