-- For impossible percentages: the nearest populations on which all percentages claimed of that population are possible.
with claimed as (

    select
        claims.claim_code,
        claims.document,
        claims.base,
        coalesce(claims.operands, '') as part,
        claims.stated_value,
        claims.decimals,
        grim.population,
        min(case when grim.is_possible then 1 else 0 end) over (
            partition by claims.document, claims.base, coalesce(claims.operands, '')
        ) as are_all_possible
    from {{ ref('stg_published_claims') }} as claims
    inner join {{ ref('int_claim_grim') }} as grim on claims.claim_code = grim.claim_code

),

numbers as (

    {{ numbers_below(4) }}

),

offsets as (

    select n - 1000 as n
    from numbers

),

tried as (

    select
        claimed.document,
        claimed.base,
        claimed.part,
        claimed.population,
        claimed.population + offsets.n as candidate,
        {{ grim_fewest('claimed.stated_value', 'claimed.decimals', '(claimed.population + offsets.n)') }} as fewest,
        {{ grim_most('claimed.stated_value', 'claimed.decimals', '(claimed.population + offsets.n)') }} as most
    from claimed
    inner join offsets
        on offsets.n between -1000 and 1000 and claimed.population + offsets.n > 0
    where claimed.are_all_possible = 0

),

fitting as (

    select
        document,
        base,
        part,
        population,
        candidate
    from tried
    group by document, base, part, population, candidate
    having min(case when fewest <= most then 1 else 0 end) = 1

)

select
    claimed.claim_code,
    max(case when fitting.candidate < claimed.population then fitting.candidate end) as nearest_below,
    min(case when fitting.candidate > claimed.population then fitting.candidate end) as nearest_above

from claimed
inner join fitting
    on claimed.document = fitting.document and claimed.base = fitting.base and claimed.part = fitting.part

group by claimed.claim_code
