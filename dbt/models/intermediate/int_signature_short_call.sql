select
    {{ signature_row(
        is_hit='traces.rated_call_seconds <= limits.threshold',
        evidence='traces.rated_call_seconds',
        actor='traces.rated_call_by'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'short_call' and {{ holds_on('limits', 'traces.month') }}

where traces.rated_call_at is not null and traces.rated_call_seconds is not null
