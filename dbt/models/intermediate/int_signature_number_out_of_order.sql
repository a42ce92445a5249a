-- Numbers increase with time: who was accepted before most of the five numbers before it was dated back. Most, not one:
-- a single later time among them is the other ticket's.
{%- set before = range(1, 6) %}
with ordered as (

    select
        {% for place in before -%}
        lag(accepted_at, {{ place }}) over numbers as before_{{ place }},
        {% endfor -%}
        *
    from {{ rows_of_signature_months(ref('int_ticket_trace')) }}
    window
        numbers as (
            partition by substring(ticket_no, 3, 6), date_trunc('month', ticket_day)
            order by ticket_no
        )

),

counted as (

    select
        ordered.*,
        {% for place in before -%}
        cast(
            {{ seconds_between('ordered.accepted_at', 'ordered.before_' ~ place) }} > limits.tolerance as int
        ) as late_{{ place }},
        {% endfor -%}
        limits.threshold
    from ordered
    inner join {{ ref('signature_limits') }} as limits
        on limits.signature = 'number_out_of_order' and {{ holds_on('limits', 'ordered.month') }}
    where ordered.before_5 is not null

),

summed as (

    select
        *,
        late_1 + late_2 + late_3 + late_4 + late_5 as later_before
    from counted

)

select
    {{ signature_row(
        is_hit='traces.later_before >= traces.threshold',
        evidence='traces.accepted_at',
        beside='traces.later_before'
    ) }}

from summed as traces
