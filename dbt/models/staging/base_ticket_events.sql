{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['ticket_day', 'ticket_no', 'event_seq'],
) }}
with newest as (

    {{ newest_version(new_rows('ticket_events'), ['ticket_no', 'event_seq']) }}

),

delivered as (

    select
        ---------- ids
        ticket_no,
        event_seq,
        operator_key,

        ---------- step
        event_type,
        unit_name,
        result,

        ---------- timestamps
        occurred_at,

        ---------- lineage
        {{ lineage_columns() }}

    from newest

)

select * from delivered
{{ where_newer_than_known(['ticket_day', 'ticket_no', 'event_seq']) }}
{{ sorted_by_day() }}
