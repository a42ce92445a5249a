-- Rate of the whole that the rates of its parts imply: each gives the base that it was taken on, and bases add up.
with parts as (

    select
        claims.claim_code,
        claims.check_kind,
        case claims.check_kind when 'implied_growth' then 100 else 10000 end as per,
        case claims.check_kind when 'implied_growth' then 100 else 0 end as start,
        rates.value as rate,
        rates.decimals,
        counts.value as tickets
    from {{ ref('stg_published_claims') }} as claims
    inner join {{ ref('int_claim_operand') }} as rates
        on claims.claim_code = rates.claim_code and rates.role = 'operand'
    left join {{ ref('int_claim_operand') }} as counts
        on rates.claim_code = counts.claim_code and counts.role = 'base' and rates.position = counts.position
    where claims.check_kind in ('implied_growth', 'implied_population')

),

bases as (

    select
        claim_code,
        max(per) as per,
        max(start) as start,
        count(*) as parts,
        sum({{ base_nearest('rate', 'decimals', 'tickets', 'per', 'start') }}) as base_nearest,
        sum({{ base_fewest('rate', 'decimals', 'tickets', 'per', 'start') }}) as base_fewest,
        sum({{ base_most('rate', 'decimals', 'tickets', 'per', 'start') }}) as base_most,
        count(*) - count(rate) + count(*) - count(tickets) as missing
    from parts
    group by claim_code

)

-- the whole's own count follows those of the parts
select
    bases.claim_code,
    {% for bound in ['nearest', 'fewest', 'most'] -%}
    try_cast(bases.base_{{ bound }} as decimal(18, 4)) as base_{{ bound }},
    try_cast(
        bases.per * cast(wholes.value as decimal(28, 4)) - bases.start * bases.base_{{ bound }} as decimal(18, 4)
    ) as numerator_{{ bound }},
    {% endfor -%}
    wholes.value as whole

from bases
inner join {{ ref('int_claim_operand') }} as wholes
    on bases.claim_code = wholes.claim_code and wholes.role = 'base' and bases.parts + 1 = wholes.position

where bases.missing = 0
