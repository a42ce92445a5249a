select
    {{ signature_row(
        is_hit='traces.suspensions + traces.extensions > 0',
        evidence='traces.suspensions',
        beside='traces.extensions'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces

where traces.dispatched_at is not null
