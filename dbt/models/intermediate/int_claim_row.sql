-- What the judgement of a published figure needs: the row with its figure read, and what tickets give.
with plain as (

    -- as typed: 1,234  －2.5%  24.39万件
    select
        *,
        translate(typed_text, '－−＋+,， ', '--') as written
    from {{ ref('stg_published_claims') }}

),

figures as (

    select
        *,
        regexp_extract(written, '^-?[0-9]+([.][0-9]+)?', 0) as figure_text,
        case when written like '%亿%' then 100000000 when written like '%万%' then 10000 else 1 end as written_scale
    from plain

)

select
    figures.*,
    figures.figure_text as stated_text,
    cast(figures.figure_text as decimal(18, 6)) as stated_value,
    {{ decimals_of('figures.figure_text') }} as decimals,
    coalesce(cast(figures.typed_scale as integer), figures.written_scale) as scale,

    tickets.basis as tickets_basis,
    tickets.origin as tickets_origin,
    tickets.numerator as tickets_numerator,
    tickets.denominator as tickets_denominator,
    tickets.factor as tickets_factor

from figures
left join {{ ref('int_claim_ticket') }} as tickets
    on figures.document = tickets.document and figures.claim_code = tickets.claim_code
