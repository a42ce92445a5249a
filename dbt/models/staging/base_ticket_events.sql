{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['ticket_day', 'ticket_no', 'event_seq', 'sender_code'],
) }}
with newest as (

    {{ newest_version(new_rows('ticket_events'), ['ticket_no', 'event_seq', 'platform']) }}

),

delivered as (

    select
        ---------- ids
        newest.ticket_no,
        newest.event_seq,
        newest.operator_key,

        ---------- step
        newest.event_type,
        newest.unit_name,
        newest.result,

        ---------- timestamps
        newest.occurred_at,

        ---------- ownership
        {{ is_own_number('newest.ticket_no', 'platforms.ticket_prefix') }} as is_own,

        ---------- lineage
        {{ lineage_columns() }}

    from newest
    left join {{ ref('stg_platforms') }} as platforms on newest.platform = platforms.code

)

select * from delivered
{{ where_newer_than_known(['ticket_day', 'ticket_no', 'event_seq', 'sender_code']) }}
{{ sorted_by_day() }}
