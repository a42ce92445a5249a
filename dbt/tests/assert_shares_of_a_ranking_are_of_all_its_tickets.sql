-- What is ranked together adds up to the denominator, and the categories of a scope to its tickets.
select
    period_kind,
    period_start,
    scope,
    business_type,
    level,
    sum(tickets) as tickets,
    max(denominator) as denominator
from {{ ref('mart_category_ranking') }}
group by
    period_kind,
    period_start,
    scope,
    business_type,
    level,
    case when level = 'platform' then null else platform_code end,
    case when level = 'category' then null else category end
having sum(tickets) <> max(denominator) or min(denominator) <> max(denominator)
