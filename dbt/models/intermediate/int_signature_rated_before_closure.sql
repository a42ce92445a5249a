-- Asked for the rating before anything was closed, and nobody was reached after it.
select
    {{ signature_row(
        is_hit=seconds_between('traces.rated_call_at', 'traces.first_closed_at') ~ ' > limits.tolerance and '
            ~ seconds_between('traces.last_called_at', 'traces.first_closed_at') ~ ' > limits.tolerance',
        evidence='traces.rated_call_at',
        beside='traces.first_closed_at',
        actor='traces.rated_call_by',
        waits_for='callbacks',
        waits_from='traces.first_closed_at',
        waits_to='greatest(traces.first_closed_at, traces.last_step_at)'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'rated_before_closure' and {{ holds_on('limits', 'traces.month') }}

where traces.rated_call_at is not null and traces.first_closed_at is not null
