-- What the judgement of a published figure needs: the figure as read, and what tickets give.
select
    figures.*,

    tickets.basis as tickets_basis,
    tickets.origin as tickets_origin,
    tickets.numerator as tickets_numerator,
    tickets.denominator as tickets_denominator,
    tickets.factor as tickets_factor

from {{ ref('int_claim_figure') }} as figures
left join {{ ref('int_claim_ticket') }} as tickets
    on figures.document = tickets.document and figures.claim_code = tickets.claim_code
