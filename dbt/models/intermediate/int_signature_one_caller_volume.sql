with called as (

    select
        *,
        count(*) over (partition by platform_code, date_trunc('month', ticket_day), caller_key) as caller_tickets
    from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
    where
        caller_key is not null
        and not {{ is_listed('switchboard', key_text('traces.caller_key'), 'traces.platform_code', 'traces.month') }}

)

select
    {{ signature_row(
        is_hit='traces.caller_tickets >= limits.threshold',
        evidence='traces.caller_tickets',
        beside=key_text('traces.caller_key')
    ) }}

from called as traces
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'one_caller_volume' and {{ holds_on('limits', 'traces.month') }}
