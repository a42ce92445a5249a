{{ config(materialized='table') }}
with newest as (

    {{ newest_version(all_rows('published_claims'), ['claim_code']) }}

),

renamed as (

    select
        ---------- ids
        claim_code,
        document,
        month,

        ---------- what is claimed
        claim,
        measure,
        share_of,
        stated_text,
        cast(stated_text as decimal(18, 6)) as stated_value,
        {{ decimals_of('stated_text') }} as decimals,
        coalesce(scale, 1) as scale,
        coalesce(period, 'month') as period,

        ---------- what it must agree with within the document
        check_kind,
        operands,
        base,
        assumption_zh,
        assumption_en,

        ---------- scope: null means all
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
