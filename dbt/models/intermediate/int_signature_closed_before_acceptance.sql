select
    {{ signature_row(
        is_hit=seconds_between('traces.first_closed_at', 'traces.accepted_at') ~ ' > limits.tolerance',
        evidence='traces.accepted_at',
        beside='traces.first_closed_at'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'closed_before_acceptance' and {{ holds_on('limits', 'traces.month') }}

where traces.first_closed_at is not null
