-- The categories of the province, all business types together, are the tickets of the month.
with ranked as (

    select
        period_start,
        sum(tickets) as tickets
    from {{ ref('mart_category_ranking') }}
    where period_kind = 'month' and scope = 'province' and level = 'category' and business_type is null
    group by period_start

),

counted as (

    select
        month,
        sum(tickets) as tickets
    from {{ ref('mart_volume_monthly') }}
    group by month

)

select
    counted.month,
    counted.tickets,
    ranked.tickets as ranked_tickets
from counted
full outer join ranked on counted.month = ranked.period_start
where coalesce(counted.tickets, -1) <> coalesce(ranked.tickets, -1)
