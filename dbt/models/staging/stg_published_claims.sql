{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('published_claims'), ['document', 'claim_code']) }}

),

plain as (

    -- as typed: 1,234  －2.5%  24.39万件
    select
        *,
        translate(stated_text, '－−＋+,， ', '--') as written
    from newest

),

read as (

    select
        *,
        regexp_extract(written, '^-?[0-9]+([.][0-9]+)?', 0) as figure_text,
        case when written like '%亿%' then 100000000 when written like '%万%' then 10000 else 1 end as written_scale
    from plain

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
        figure_text as stated_text,
        cast(figure_text as decimal(18, 6)) as stated_value,
        {{ decimals_of('figure_text') }} as decimals,
        coalesce(cast(scale as integer), written_scale) as scale,
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

    from read

)

select * from renamed
