-- At the later ticket: the same caller complains of the same matter after a closure that was rated as satisfied. What
-- came before may lie in the month before, so that more is read than is counted.
with counted as (

    select *
    from {{ rows_of_signature_months(ref('int_ticket_trace')) }}
    where business_type = 'complaint' and caller_key is not null

),

complaints as (

    select traces.*
    from {{ ref('int_ticket_trace') }} as traces
    where
        traces.business_type = 'complaint'
        and traces.caller_key is not null
        {% if is_partial() -%}
        and traces.ticket_day >= (select min(counted.ticket_day) - 31 from counted)
        and traces.caller_key in (select counted.caller_key from counted)
        {%- endif %}

),

before as (

    select
        *,
        lag(ticket_no) over matter as ticket_before,
        lag(is_satisfied) over matter as was_satisfied,
        lag(closed_at) over matter as closed_before_at
    from complaints
    window
        matter as (
            partition by platform_code, caller_key, category, subcategory
            order by accepted_at, ticket_no
        )

)

select
    {{ signature_row(
        is_hit='traces.was_satisfied and ' ~ seconds_between('traces.closed_before_at', 'traces.accepted_at')
            ~ ' between 0 and limits.threshold * 86400',
        evidence='traces.ticket_before',
        beside=integer_divide(seconds_between('traces.closed_before_at', 'traces.accepted_at'), '86400')
    ) }}

from before as traces
inner join counted on traces.ticket_no = counted.ticket_no
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'repeat_after_satisfied' and {{ holds_on('limits', 'traces.month') }}
