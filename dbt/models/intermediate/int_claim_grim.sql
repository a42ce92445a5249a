-- The GRIM test of every percentage on the population that it is assumed to be of.
with claimed as (

    select
        claims.claim_code,
        claims.stated_value,
        claims.decimals,
        {{ whole('totals.base_total') }} as base_total,
        parts.value as part,
        parts.decimals as part_decimals
    from {{ ref('stg_published_claims') }} as claims
    inner join {{ ref('int_claim_total') }} as totals on claims.claim_code = totals.claim_code
    left join {{ ref('int_claim_operand') }} as parts
        on claims.claim_code = parts.claim_code and parts.role = 'operand'
    where claims.check_kind = 'grim' and totals.missing = 0 and totals.base_total > 0

),

bounded as (

    -- a population that is itself a percentage of a count is any whole number that prints as this percentage
    select
        *,
        case
            when part is null then base_total
            else {{ grim_fewest('part', 'part_decimals', 'base_total') }}
        end as smallest,
        case
            when part is null then base_total
            else {{ grim_most('part', 'part_decimals', 'base_total') }}
        end as largest
    from claimed

),

offsets as (

    {{ numbers_below(3) }}

),

populations as (

    select
        bounded.*,
        bounded.smallest + offsets.n as population
    from bounded
    inner join offsets on bounded.largest >= bounded.smallest + offsets.n
    where bounded.largest < bounded.smallest + 1000

),

counted as (

    select
        *,
        {{ grim_fewest('stated_value', 'decimals', 'population') }} as fewest,
        {{ grim_most('stated_value', 'decimals', 'population') }} as most
    from populations

),

chosen as (

    -- a population that some count of it fits, else the smallest
    select
        *,
        row_number() over (
            partition by claim_code order by case when fewest <= most then 0 else 1 end, population
        ) as choice
    from counted

)

select
    claim_code,
    population,
    fewest <= most as is_possible,
    {{ ratio_half_up_by_row('100 * most', 'population', 'decimals') }} as value_at_most,
    {{ ratio_half_up_by_row('100 * fewest', 'population', 'decimals') }} as value_at_fewest,
    try_cast(most as decimal(18, 4)) as most,
    try_cast(fewest as decimal(18, 4)) as fewest

from chosen
where choice = 1
