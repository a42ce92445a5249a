{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['callback_no', 'sender_code'],
) }}
with newest as (

    -- each telephone system numbers its own calls
    {{ newest_version(new_rows('callbacks'), ['callback_no', 'platform']) }}

),

delivered as (

    select
        ---------- ids
        newest.callback_no,
        newest.ticket_no,
        newest.callback_phone_key,
        newest.operator_key,

        ---------- call
        newest.duration_seconds,
        newest.is_connected,
        newest.rating,

        ---------- timestamps
        newest.called_at,

        ---------- ownership
        {{ is_own_number('newest.ticket_no', 'platforms.ticket_prefix') }} as is_own,

        ---------- lineage
        {{ lineage_columns() }}

    from newest
    left join {{ ref('stg_platforms') }} as platforms on newest.platform = platforms.code

)

select * from delivered
{{ where_newer_than_known(['callback_no', 'sender_code']) }}
{{ sorted_by_day() }}
