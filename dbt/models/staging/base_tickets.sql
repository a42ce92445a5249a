{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['ticket_day', 'ticket_no'],
) }}
with newest as (

    {{ newest_version(new_rows('tickets'), ['ticket_no']) }}

),

delivered as (

    select
        ---------- ids
        ticket_no,
        platform_code,
        caller_key,

        ---------- classification
        business_type,
        domain,
        category,
        subcategory,
        complexity,
        channel,
        district,
        enterprise_name,
        handling_unit,

        ---------- outcome
        rating,
        resolution,
        closing_text,

        ---------- timestamps
        accepted_at,
        due_at,

        ---------- lineage
        {{ lineage_columns() }}

    from newest

)

select * from delivered
{{ where_newer_than_known(['ticket_day', 'ticket_no']) }}
{{ sorted_by_day() }}
