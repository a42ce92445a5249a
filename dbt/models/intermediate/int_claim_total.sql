-- Sums over the figures that a check names, and the place of the claim's own figure (its base) among them.
with own as (

    select
        claim_code,
        sum(value) as base_total,
        count(*) - count(value) as missing
    from {{ ref('int_claim_operand') }}
    where role = 'base'
    group by claim_code

)

select
    claims.claim_code,
    count(operands.position) as operands,
    sum(operands.value) as total,
    sum(operands.half_unit) as tolerance,
    max(own.base_total) as base_total,
    count(*) filter (where operands.value > own.base_total) + 1 as place,
    count(operands.position) - count(operands.value) + coalesce(max(own.missing), 0) as missing

from {{ ref('stg_published_claims') }} as claims
left join {{ ref('int_claim_operand') }} as operands
    on claims.claim_code = operands.claim_code and operands.role = 'operand'
left join own on claims.claim_code = own.claim_code

where claims.check_kind is not null

group by claims.claim_code
