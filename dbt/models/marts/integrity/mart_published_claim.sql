with measured as (

    select
        claims.*,
        -- cast branch by branch: wide integers and decimals would otherwise meet in floating point
        case claims.measure
            when 'tickets' then cast(counts.tickets as decimal(18, 4))
            when 'share_pct' then cast(counts.tickets as decimal(18, 4))
            when 'yoy_pct' then cast(counts.tickets - counts.tickets_previous_year as decimal(18, 4))
            when 'mom_pct' then cast(counts.tickets - counts.tickets_previous_month as decimal(18, 4))
            when 'rank' then cast(ranks.volume_rank as decimal(18, 4))
            when 'score_rank' then cast(scores.score_rank as decimal(18, 4))
            when 'score' then cast(scores.total_score as decimal(18, 4))
        end as numerator,
        case claims.measure
            when 'share_pct' then counts.tickets_of_base
            when 'yoy_pct' then counts.tickets_previous_year
            when 'mom_pct' then counts.tickets_previous_month
            else 1
        end as denominator,
        case when claims.measure in ('share_pct', 'yoy_pct', 'mom_pct') then 100 else 1 end as factor
    from {{ ref('stg_published_claims') }} as claims
    left join {{ ref('int_claim_count') }} as counts on claims.claim_code = counts.claim_code
    left join {{ ref('int_claim_rank') }} as ranks on claims.claim_code = ranks.claim_code
    left join {{ ref('int_claim_score') }} as scores on claims.claim_code = scores.claim_code

),

recomputed as (

    -- rounded as the document rounds: at the decimals that it printed
    select
        *,
        {{ ratio_half_up_by_row('numerator * factor', 'denominator', 'decimals') }} as recomputed_value
    from measured

)

select
    ---------- claim
    claim_code,
    document,
    month,
    claim,
    case
        when measure = 'tickets' then 'sum'
        when measure = 'share_pct' then 'share'
        when measure in ('yoy_pct', 'mom_pct') then 'growth'
        when measure in ('rank', 'score_rank') then 'rank'
        when measure = 'score' then 'cross_table'
    end as "check",
    measure,
    share_of,

    ---------- scope
    platform_code,
    business_type,
    domain_group,
    category,
    subcategory,

    ---------- stated and recomputed
    stated_text,
    cast(stated_value as decimal(18, 6)) as stated_value,
    cast(recomputed_value as decimal(18, 6)) as recomputed_value,
    cast(numerator as decimal(18, 4)) as numerator,
    cast(denominator as decimal(18, 4)) as denominator,
    cast(recomputed_value - stated_value as decimal(18, 6)) as difference,
    case
        when recomputed_value is null then 'not_checkable'
        when recomputed_value = stated_value then 'consistent'
        else 'inconsistent'
    end as status

from recomputed
