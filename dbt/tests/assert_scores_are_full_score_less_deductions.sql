-- The rows that explain a score account for all of it.
select
    scores.month,
    scores.platform_code,
    scores.source,
    scores.total_score,
    sum(deductions.points) as points
from {{ ref('mart_score_monthly') }} as scores
inner join {{ ref('score_rulesets') }} as rulesets on scores.ruleset = rulesets.ruleset
left join {{ ref('mart_score_deduction') }} as deductions
    on
        scores.month = deductions.month
        and scores.platform_code = deductions.platform_code
        and scores.ruleset = deductions.ruleset
        and scores.source = deductions.source
where scores.missing_indicators = 0
group by
    scores.month, scores.platform_code, scores.source, scores.total_score,
    rulesets.full_score, rulesets.minimum_score
having
    scores.total_score
    is distinct from greatest(round(rulesets.full_score - sum(deductions.points), 2), rulesets.minimum_score)
