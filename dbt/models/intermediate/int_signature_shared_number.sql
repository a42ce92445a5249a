-- One number that gave the ratings of several callers: a switchboard, or a colleague.
with rated as (

    select *
    from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
    where
        rated_call_number is not null
        and caller_key is not null
        and not {{ is_listed(
            'switchboard', key_text('traces.rated_call_number'), 'traces.platform_code', 'traces.month'
        ) }}

),

numbers as (

    select
        platform_code,
        {{ month_start('ticket_day') }} as ticket_month,
        rated_call_number,
        count(distinct caller_key) as callers
    from rated
    group by all

)

select
    {{ signature_row(
        is_hit='numbers.callers >= limits.threshold',
        evidence='numbers.callers',
        beside=key_text('traces.rated_call_number'),
        actor='traces.rated_call_by'
    ) }}

from rated as traces
inner join numbers
    on
        traces.platform_code = numbers.platform_code
        and numbers.ticket_month = {{ month_start('traces.ticket_day') }}
        and traces.rated_call_number = numbers.rated_call_number
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'shared_number' and {{ holds_on('limits', 'traces.month') }}
