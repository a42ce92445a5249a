-- Neither answered in the call nor handled: accepted, then closed.
select
    {{ signature_row(
        is_hit='not coalesce(traces.is_handled, false)',
        evidence='traces.accepted_at',
        beside='traces.first_closed_at',
        waits_for='ticket_events',
        waits_from='traces.accepted_at',
        waits_to='greatest(traces.accepted_at, traces.first_closed_at)'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces

where traces.first_closed_at is not null and not traces.is_instant_answer
