select
    {{ signature_row(
        is_hit='traces.rated_call_number <> traces.caller_key',
        evidence=key_text('traces.rated_call_number'),
        actor='traces.rated_call_by'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces

where traces.rated_call_number is not null and traces.caller_key is not null
