{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('report_inspections'), ['inspection_no']) }}

),

renamed as (

    select
        ---------- ids
        inspection_no,
        ticket_no,
        platform_code,

        ---------- what was found
        is_qualified,
        is_answer_inaccurate,
        is_form_irregular,
        is_fact_inconsistent,

        ---------- dates
        inspected_on,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
