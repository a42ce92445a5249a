-- Growth rates that some whole base period must give: which bases do.
with growths as (

    select
        claims.claim_code,
        claims.stated_value,
        claims.decimals,
        totals.base_total
    from {{ ref('stg_published_claims') }} as claims
    inner join {{ ref('int_claim_total') }} as totals on claims.claim_code = totals.claim_code
    where
        claims.check_kind = 'growth_grim'
        and totals.missing = 0
        and totals.base_total > 0
        and claims.stated_value > -100

)

select
    claim_code,
    try_cast({{ base_fewest('stated_value', 'decimals', 'base_total', 100, 100) }} as decimal(18, 4)) as base_fewest,
    try_cast({{ base_most('stated_value', 'decimals', 'base_total', 100, 100) }} as decimal(18, 4)) as base_most,
    try_cast({{ base_nearest('stated_value', 'decimals', 'base_total', 100, 100) }} as decimal(18, 4)) as base_nearest,
    try_cast(
        base_total - {{ base_nearest('stated_value', 'decimals', 'base_total', 100, 100) }} as decimal(18, 4)
    ) as growth_nearest

from growths
