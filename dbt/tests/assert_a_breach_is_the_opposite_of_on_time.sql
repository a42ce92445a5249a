-- Two marts speak of the same limit. One says nothing before it has passed, the other says: not breached.
select
    metrics.ticket_no,
    metrics.is_sla_breached,
    tickets.is_on_time
from {{ ref('fct_ticket_metric') }} as metrics
inner join {{ ref('fct_ticket') }} as tickets on metrics.ticket_no = tickets.ticket_no
where
    {{ is_of_this_build('metrics') }}
    and (
        coalesce(metrics.is_sla_breached, false) = coalesce(tickets.is_on_time, true)
        or metrics.sla_due_at is distinct from tickets.due_at
    )
