-- The score and rank that a published claim speaks of, by the ruleset of those who published it.
select
    claims.document,
    claims.claim_code,
    scores.total_score,
    scores.rank as score_rank

from {{ ref('stg_published_claims') }} as claims
inner join {{ ref('score_rulesets') }} as rulesets on claims.sender_code = rulesets.used_by
inner join {{ ref('mart_score_monthly') }} as scores
    on
        claims.month = scores.month
        and claims.platform_code = scores.platform_code
        and rulesets.ruleset = scores.ruleset
        and scores.source = 'reported'

where claims.measure in ('score', 'score_rank') and claims.is_from_tickets
