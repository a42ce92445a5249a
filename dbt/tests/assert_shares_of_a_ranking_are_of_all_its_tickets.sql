-- What is ranked together adds up to the denominator.
select
    rankings.period_kind,
    rankings.period_start,
    rankings.scope,
    rankings.business_type,
    rankings.level,
    sum(rankings.tickets) as tickets,
    max(rankings.denominator) as denominator
from {{ ref('mart_category_ranking') }} as rankings
where {{ is_of_this_build('rankings') }}
group by
    rankings.period_kind,
    rankings.period_start,
    rankings.scope,
    rankings.business_type,
    rankings.level,
    case when rankings.level = 'platform' then null else rankings.platform_code end,
    case when rankings.level = 'category' then null else rankings.category end
having sum(rankings.tickets) <> max(rankings.denominator) or min(rankings.denominator) <> max(rankings.denominator)
