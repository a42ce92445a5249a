-- Closures of one operator in one second; what is answered in the call is closed with it and is none of them.
with closed as (

    select
        *,
        count(*) over (
            partition by platform_code, date_trunc('month', ticket_day), closed_by, closed_at
        ) as closed_together
    from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
    where
        closed_at is not null
        and closed_by is not null
        and not is_instant_answer
        and not {{ is_listed('system_operator', 'traces.closed_by', 'traces.platform_code', 'traces.month') }}

)

select
    {{ signature_row(
        is_hit='traces.closed_together >= limits.threshold',
        evidence='traces.closed_at',
        beside='traces.closed_together'
    ) }}

from closed as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'closing_burst' and {{ holds_on('limits', 'traces.month') }}
