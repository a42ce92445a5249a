-- At the later ticket: the same caller complains of the same matter after a closure that was rated as satisfied. What
-- came before may lie in the month before, so that more is read than is counted: as far back as the rule looks.
with limits as (

    select *
    from {{ ref('signature_limits') }}
    where signature = 'repeat_after_satisfied'

),

counted as (

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
        and traces.ticket_day
        >= (select min(counted.ticket_day) from counted) - (select cast(max(limits.tolerance) as integer) from limits)
        and traces.caller_key in (select counted.caller_key from counted)
        {%- endif %}

),

before as (

    select
        *,
        lag(ticket_no) over matter as ticket_before,
        lag(ticket_day) over matter as day_before,
        lag(is_satisfied) over matter as was_satisfied,
        lag(closed_at) over matter as closed_before_at
    from complaints
    window
        -- by the day of the number first: the one before is the same, however far back was read
        matter as (
            partition by platform_code, caller_key, category, subcategory
            order by ticket_day, accepted_at, ticket_no
        )

)

select
    {{ signature_row(
        is_hit='traces.was_satisfied and ' ~ days_of('traces.day_before', 'traces.ticket_day') ~ ' - 1 <= limits.tolerance and '
            ~ seconds_between('traces.closed_before_at', 'traces.accepted_at')
            ~ ' between 0 and limits.threshold * 86400',
        evidence='traces.ticket_before',
        beside=integer_divide(seconds_between('traces.closed_before_at', 'traces.accepted_at'), '86400')
    ) }}

from before as traces
inner join counted on traces.ticket_no = counted.ticket_no
inner join limits on {{ holds_on('limits', 'traces.month') }}
