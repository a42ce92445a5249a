select
    {{ signature_row(
        is_hit=add_seconds('traces.accepted_at', 'limits.tolerance') ~ ' < traces.ticket_day or '
            ~ add_seconds('traces.accepted_at', '-limits.tolerance') ~ " >= traces.ticket_day + interval '1 day'",
        evidence='traces.ticket_day',
        beside='traces.accepted_at'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'number_of_another_day' and {{ holds_on('limits', 'traces.month') }}
