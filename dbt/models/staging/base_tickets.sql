{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['ticket_day', 'ticket_no', 'sender_code'],
) }}
with newest as (

    {{ newest_version(new_rows('tickets'), ['ticket_no', 'platform']) }}

),

classified as (

    select
        newest.*,
        coalesce(exact.code, names.category, newest.category) as folded_category
    from newest
    left join {{ ref('categories') }} as exact on newest.category = exact.code
    left join {{ ref('stg_category_names') }} as names
        on names.text = {{ folded_unless_known('newest.category', 'exact.code') }}

),

delivered as (

    select
        ---------- ids
        classified.ticket_no,
        classified.platform_code,
        classified.caller_key,

        ---------- classification: by the code lists' names, as sent where no list knows it
        classified.business_type,
        classified.domain,
        classified.folded_category as category,
        coalesce(exact.code, names.subcategory, classified.subcategory) as subcategory,
        classified.complexity,
        classified.channel,
        classified.district,
        classified.enterprise_name,
        classified.handling_unit,

        ---------- what was said, freed of personal data by ingest
        classified.request_text,

        ---------- outcome
        classified.rating,
        classified.resolution,
        classified.closing_text,

        ---------- timestamps
        classified.accepted_at,
        classified.due_at,

        ---------- ownership
        classified.handed_over_to,
        classified.handed_over_from,
        {{ is_own_number('classified.ticket_no', 'platforms.ticket_prefix') }} as is_own,

        ---------- lineage
        {{ lineage_columns() }}

    from classified
    left join {{ ref('stg_platforms') }} as platforms on classified.platform = platforms.code
    left join {{ ref('subcategories') }} as exact
        on classified.folded_category = exact.category and classified.subcategory = exact.code
    left join {{ ref('stg_subcategory_names') }} as names
        on
            classified.folded_category = names.category
            and names.text = {{ folded_unless_known('classified.subcategory', 'exact.code') }}

)

select * from delivered
{{ where_newer_than_known(['ticket_day', 'ticket_no', 'sender_code']) }}
{{ sorted_by_day() }}
