-- Every ticket is counted once: by domain, by category and at every roll-up.
with facts as (

    select accepted_month as month, count(*) as tickets
    from {{ ref('fct_ticket') }}
    group by accepted_month

),

counted as (

    select 'mart_volume_monthly' as place, month, sum(tickets) as tickets
    from {{ ref('mart_volume_monthly') }}
    group by month

    union all

    select 'mart_category_monthly' as place, month, sum(tickets) as tickets
    from {{ ref('mart_category_monthly') }}
    group by month

    union all

    select 'mart_volume_growth: ' || rollup as place, month, sum(tickets) as tickets
    from {{ ref('mart_volume_growth') }}
    group by month, rollup

)

select counted.*, facts.tickets as tickets_in_fct_ticket
from counted
full join facts on counted.month = facts.month
where counted.tickets is distinct from facts.tickets
