-- Claims recomputed from the warehouse's own facts: numerator, denominator and factor of the figure.
select
    claims.document,
    claims.claim_code,
    -- scores are recomputed from indicators that were published themselves
    case when claims.measure in ('score', 'score_rank') then 'document' else 'tickets' end as basis,
    case
        when claims.measure in ('score', 'score_rank') then 'real'
        else coalesce(counts.origin, {{ installation_origin() }})
    end as origin,
    -- cast branch by branch: wide integers and decimals would otherwise meet in floating point
    case claims.measure
        when 'tickets' then try_cast(counts.tickets as decimal(18, 4))
        when 'share_pct' then try_cast(counts.tickets as decimal(18, 4))
        when 'yoy_pct' then try_cast(counts.tickets - counts.tickets_previous_year as decimal(18, 4))
        when 'mom_pct' then try_cast(counts.tickets - counts.tickets_previous_month as decimal(18, 4))
        when 'rank' then try_cast(ranks.volume_rank as decimal(18, 4))
        when 'score_rank' then try_cast(scores.score_rank as decimal(18, 4))
        when 'score' then try_cast(scores.total_score as decimal(18, 4))
    end as numerator,
    try_cast(
        case claims.measure
            when 'share_pct' then counts.tickets_of_base
            when 'yoy_pct' then counts.tickets_previous_year
            when 'mom_pct' then counts.tickets_previous_month
            else 1
        end as decimal(18, 4)
    ) as denominator,
    case when claims.measure in ('share_pct', 'yoy_pct', 'mom_pct') then 100 else 1 end as factor

from {{ ref('stg_published_claims') }} as claims
left join {{ ref('int_claim_count') }} as counts
    on claims.document = counts.document and claims.claim_code = counts.claim_code
left join {{ ref('int_claim_rank') }} as ranks
    on claims.document = ranks.document and claims.claim_code = ranks.claim_code
left join {{ ref('int_claim_score') }} as scores
    on claims.document = scores.document and claims.claim_code = scores.claim_code

where claims.is_from_tickets
