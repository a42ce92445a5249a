-- What the judgement of a published figure needs: the row as delivered, and what tickets give.
select
    claims.*,
    tickets.basis as tickets_basis,
    tickets.origin as tickets_origin,
    tickets.numerator as tickets_numerator,
    tickets.denominator as tickets_denominator,
    tickets.factor as tickets_factor

from {{ ref('stg_published_claims') }} as claims
left join {{ ref('int_claim_ticket') }} as tickets
    on claims.document = tickets.document and claims.claim_code = tickets.claim_code
