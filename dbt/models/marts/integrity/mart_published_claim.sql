select
    ---------- claim
    claims.claim_code,
    claims.document,
    claims.month,
    claims.period,
    claims.claim,
    -- scores are recomputed from indicators that the document itself prints
    case
        when claims.check_kind is not null or claims.measure in ('score', 'score_rank') then 'document'
        else 'tickets'
    end as basis,
    case
        when claims.check_kind in ('sum', 'share', 'rank', 'count', 'grim', 'given') then claims.check_kind
        when claims.check_kind = 'growth_grim' then 'grim'
        when claims.check_kind = 'implied_growth' then 'growth'
        when claims.check_kind in ('same', 'implied_population') then 'cross_table'
        when claims.measure = 'tickets' then 'sum'
        when claims.measure = 'share_pct' then 'share'
        when claims.measure in ('yoy_pct', 'mom_pct') then 'growth'
        when claims.measure in ('rank', 'score_rank') then 'rank'
        when claims.measure = 'score' then 'cross_table'
    end as "check",
    claims.measure,
    claims.share_of,

    ---------- scope
    claims.platform_code,
    claims.business_type,
    claims.domain_group,
    claims.category,
    claims.subcategory,

    ---------- stated and recomputed
    claims.stated_text,
    try_cast(claims.stated_value as decimal(18, 6)) as stated_value,
    try_cast(claim_values.recomputed_value as decimal(18, 6)) as recomputed_value,
    try_cast(claim_values.numerator as decimal(18, 4)) as numerator,
    try_cast(claim_values.denominator as decimal(18, 4)) as denominator,
    try_cast(claim_values.recomputed_value - claims.stated_value as decimal(18, 6)) as difference,
    case
        when claim_values.recomputed_value is null then 'not_checkable'
        when claim_values.recomputed_value = claims.stated_value then 'consistent'
        else 'inconsistent'
    end as status,
    coalesce(claim_values.is_within_rounding, false) and claim_values.recomputed_value <> claims.stated_value
        as is_within_rounding,
    claims.assumption_zh,
    claims.assumption_en,
    reasons.explanation_zh,
    reasons.explanation_en

from {{ ref('stg_published_claims') }} as claims
left join {{ ref('int_claim_value') }} as claim_values on claims.claim_code = claim_values.claim_code
left join {{ ref('int_claim_reason') }} as reasons on claims.claim_code = reasons.claim_code
