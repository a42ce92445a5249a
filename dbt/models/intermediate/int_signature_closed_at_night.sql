select
    {{ signature_row(
        is_hit='extract(hour from traces.closed_at) >= limits.threshold or extract(hour from traces.closed_at) < limits.tolerance',
        evidence='traces.closed_at'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'closed_at_night' and {{ holds_on('limits', 'traces.month') }}

where
    traces.closed_at is not null
    and traces.dispatched_at is not null
    and not {{ is_listed('system_operator', "coalesce(traces.closed_by, '')", 'traces.platform_code', 'traces.month') }}
