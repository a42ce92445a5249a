-- Published figures read from what was typed:  1,234  －2.5%  24.39万件.
with plain as (

    select
        *,
        translate(typed_text, '－−＋+,， ', '--') as written
    from {{ ref('stg_published_claims') }}

),

figures as (

    select
        *,
        regexp_extract(written, '^-?[0-9]+([.][0-9]+)?', 0) as stated_text,
        case when written like '%亿%' then 100000000 when written like '%万%' then 10000 else 1 end as written_scale
    from plain

)

select
    *,
    cast(stated_text as decimal(18, 6)) as stated_value,
    {{ decimals_of('stated_text') }} as decimals,
    coalesce(cast(typed_scale as integer), written_scale) as scale

from figures
