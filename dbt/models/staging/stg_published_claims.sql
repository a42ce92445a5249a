{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('published_claims'), ['document', 'claim_code']) }}

),

renamed as (

    select
        ---------- ids
        document,
        claim_code,
        figure_code,
        month,

        ---------- what is claimed
        table_name,
        row_name,
        coalesce(claim, concat_ws(' ', table_name, row_name, claim_code)) as claim,
        measure,
        share_of,
        stated_text as typed_text,
        scale as typed_scale,
        coalesce(period, 'month') as period,

        ---------- what it must agree with within the document
        check_kind,
        operands,
        base,
        weights,
        is_basis_stated,
        assumption_zh,
        assumption_en,

        ---------- scope among the tickets of this warehouse: null means all
        coalesce(is_from_tickets, false) as is_from_tickets,
        platform_code,
        business_type,
        domain_group,
        category,
        subcategory,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed
