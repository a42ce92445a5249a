-- Closures around a limit, below it or above; and the same around limits that nobody set, some hours off, which show
-- what a rush that rises over hours does within minutes.
{%- set limit_kinds = {
    '24 h': add_seconds('traces.accepted_at', '86400'),
    '5 d': add_seconds('traces.accepted_at', '5 * 86400'),
    'due': 'traces.due_at',
} %}
with around as (

    {% for kind, instant in limit_kinds.items() -%}
    {% for hours_off in ('0', '-limits.tolerance', 'limits.tolerance') -%}
    select
        traces.*,
        '{{ kind }}' as limit_kind,
        {{ loop.index }} > 1 as is_placebo,
        {{ seconds_between('traces.closed_at', add_seconds(instant, hours_off)) }} as seconds_before,
        limits.threshold
    from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
    inner join {{ ref('signature_limits') }} as limits
        on limits.signature = 'bunched_below_limit' and {{ holds_on('limits', 'traces.month') }}
    where
        traces.business_type = 'complaint'
        and traces.closed_at is not null
        and {{ seconds_between('traces.closed_at', add_seconds(instant, hours_off)) }}
        between 1 - limits.threshold and limits.threshold
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor -%}
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}
),

-- a ticket counts once, whatever limits it lies at
firsts as (

    select
        *,
        row_number() over (
            partition by ticket_no, is_placebo order by limit_kind, seconds_before, ticket_no
        ) as limit_place
    from around

)

select
    {{ signature_row(
        is_hit='traces.seconds_before >= 0',
        evidence='traces.seconds_before',
        beside='traces.limit_kind',
        is_reference='traces.is_placebo'
    ) }}

from firsts as traces

where traces.limit_place = 1
