-- Every ticket belongs to one unit, one class, one district, one company, one channel, or to those not stated.
with figures as (

    select figures.*
    from {{ ref('mart_indicator') }} as figures
    inner join {{ ref('stg_indicators') }} as definitions on figures.indicator_code = definitions.code
    where
        figures.period_kind = 'month'
        and figures.platform_code is not null
        and definitions.numerator_count is not null
        and definitions.adds_up = 'yes'
        and figures.value is not null
        and {{ is_of_this_build('figures') }}

),

parts as (

    select
        period_start,
        platform_code,
        indicator_code,
        scope_kind,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as scopes
    from figures
    where scope_kind <> 'platform'
    group by period_start, platform_code, indicator_code, scope_kind

),

kinds as (

    select distinct scope_kind
    from parts

)

-- minutes are rounded in every part
select platforms.period_start, platforms.platform_code, platforms.indicator_code, kinds.scope_kind
from figures as platforms
cross join kinds
left join parts
    on
        platforms.period_start = parts.period_start
        and platforms.platform_code = parts.platform_code
        and platforms.indicator_code = parts.indicator_code
        and kinds.scope_kind = parts.scope_kind
where
    platforms.scope_kind = 'platform'
    and (
        parts.scopes is null
        or abs(parts.numerator - platforms.numerator) > 0.0001 * parts.scopes
        or parts.denominator is distinct from platforms.denominator
    )
