-- Two marts speak of the same limit: only suspensions, and limits that still run, may make them differ.
select
    metrics.ticket_no,
    metrics.is_sla_breached,
    tickets.is_on_time
from {{ ref('fct_ticket_metric') }} as metrics
inner join {{ ref('fct_ticket') }} as tickets on metrics.ticket_no = tickets.ticket_no
where
    {{ is_of_this_build('metrics') }}
    and tickets.is_on_time is not null
    and metrics.sla_due_at = tickets.due_at
    and metrics.suspended_seconds = 0
    and metrics.is_sla_active <> tickets.is_closed
    and metrics.is_sla_breached = tickets.is_on_time
