-- The limit that is drawn and the flag that is raised are two ways to one judgement.
select
    period_kind,
    period_start,
    platform_code,
    category,
    subcategory
from {{ ref('mart_sudden_rise') }}
where is_flagged <> coalesce(tickets >= limit_tickets, false)
