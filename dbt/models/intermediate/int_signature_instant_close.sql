-- Of what was dispatched: an answer in the call may well take seconds.
select
    {{ signature_row(
        is_hit=seconds_between('traces.accepted_at', 'traces.first_closed_at') ~ ' >= 0 and '
            ~ seconds_between('traces.accepted_at', 'traces.first_closed_at') ~ ' < limits.threshold',
        evidence=seconds_between('traces.accepted_at', 'traces.first_closed_at')
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'instant_close' and {{ holds_on('limits', 'traces.month') }}

where traces.first_closed_at is not null and traces.dispatched_at is not null and not traces.is_instant_answer
