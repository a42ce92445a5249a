{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['callback_no'],
) }}
with newest as (

    {{ newest_version(new_rows('callbacks'), ['callback_no']) }}

),

delivered as (

    select
        ---------- ids
        callback_no,
        ticket_no,
        callback_phone_key,
        operator_key,

        ---------- call
        duration_seconds,
        is_connected,
        rating,

        ---------- timestamps
        called_at,

        ---------- lineage
        {{ lineage_columns() }}

    from newest

)

select * from delivered
{{ where_newer_than_known(['callback_no']) }}
{{ sorted_by_day() }}
