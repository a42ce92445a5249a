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
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number,
        coalesce(record_status = 'deleted', false) as is_deleted,
        {{ ticket_day('ticket_no') }} as ticket_day,
        {{ this_build() }} as built_in

    from newest

)

select * from delivered
{% if is_partial() -%}
-- files may be taken in any order: an older version does not replace a newer one
where
    not exists (
        select 1 from {{ this }} as known
        where
            known.ticket_day = delivered.ticket_day
            and known.ticket_no = delivered.ticket_no
            and (known.delivery_day, known.delivered_at, known.file_hash, known.file_row_number)
            > (delivered.delivery_day, delivered.delivered_at, delivered.file_hash, delivered.file_row_number)
    )
{%- endif %}
{{ sorted_by_day() }}
