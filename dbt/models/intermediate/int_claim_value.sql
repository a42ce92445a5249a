-- Every claim's recomputed value, rounded as the document rounds: at the decimals that it printed.
with measured as (

    select
        claims.claim_code,
        claims.check_kind,
        claims.stated_value,
        claims.decimals,
        case
            when claims.check_kind is null then tickets.numerator
            when totals.missing > 0 then null
            when claims.check_kind in ('sum', 'same', 'share') then totals.total
            when claims.check_kind = 'count' then totals.operands
            when claims.check_kind = 'rank' then totals.place
            when claims.check_kind = 'growth_grim' then growths.growth_nearest
            when claims.check_kind like 'implied%' then implied.numerator_nearest
        end as numerator,
        case
            when claims.check_kind is null then tickets.denominator
            when claims.check_kind in ('sum', 'same') then claims.scale
            when claims.check_kind = 'share' then totals.base_total
            when claims.check_kind in ('count', 'rank') then 1
            when claims.check_kind = 'growth_grim' then growths.base_nearest
            when claims.check_kind like 'implied%' then implied.base_nearest
        end as denominator,
        case
            when claims.check_kind is null then tickets.factor
            when claims.check_kind in ('share', 'growth_grim') then 100
            else 1
        end as factor,
        totals.tolerance,
        implied.numerator_most,
        implied.base_most,
        implied.numerator_fewest,
        implied.base_fewest
    from {{ ref('stg_published_claims') }} as claims
    left join {{ ref('int_claim_ticket') }} as tickets on claims.claim_code = tickets.claim_code
    left join {{ ref('int_claim_total') }} as totals on claims.claim_code = totals.claim_code
    left join {{ ref('int_claim_implied') }} as implied on claims.claim_code = implied.claim_code
    left join {{ ref('int_claim_growth') }} as growths on claims.claim_code = growths.claim_code
    where coalesce(claims.check_kind, '') <> 'grim'

),

rounded as (

    -- bases of rounded rates are known within bounds only: the largest gives the least growth
    select
        *,
        {{ ratio_half_up_by_row('cast(numerator as decimal(28, 4)) * factor', 'denominator', 'decimals') }} as nearest,
        {{ ratio_half_up_by_row('numerator_most', 'base_most', 'decimals') }} as least_implied,
        {{ ratio_half_up_by_row('numerator_fewest', 'base_fewest', 'decimals') }} as most_implied
    from measured

),

tested as (

    -- of two counts around an impossible percentage, the one that comes nearer
    select
        grim.*,
        claims.stated_value,
        case
            when claims.stated_value - grim.value_at_most < grim.value_at_fewest - claims.stated_value then grim.most
            else grim.fewest
        end as nearest_count
    from {{ ref('int_claim_grim') }} as grim
    inner join {{ ref('stg_published_claims') }} as claims on grim.claim_code = claims.claim_code

)

select
    claim_code,
    numerator,
    denominator,
    case
        when stated_value between least_implied and most_implied then stated_value
        else nearest
    end as recomputed_value,
    least_implied,
    most_implied,
    -- what the printed parts were rounded by may explain a sum that is off
    check_kind = 'sum' and tolerance > 0 and abs(nearest - stated_value) <= tolerance as is_within_rounding
from rounded

union all

select
    claim_code,
    nearest_count as numerator,
    try_cast(population as decimal(18, 4)) as denominator,
    case
        when is_possible then stated_value
        when nearest_count = most then value_at_most
        else value_at_fewest
    end as recomputed_value,
    null as least_implied,
    null as most_implied,
    false as is_within_rounding
from tested
