select
    {{ signature_row(
        is_hit='traces.returns_before_extension >= limits.threshold',
        evidence='traces.returns_before_extension'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'returned_before_extension' and {{ holds_on('limits', 'traces.month') }}

where traces.extensions > 0
