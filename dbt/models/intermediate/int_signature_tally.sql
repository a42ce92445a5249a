{{ config(materialized='incremental', incremental_strategy='replace_signature_months') }}
-- One pass over each signature: hits keep their ticket and what it shows, all other eligible tickets are counted.
with signs as (

    {% for code in ticket_signatures() -%}
    select
        '{{ code }}' as signature,
        signs.ticket_month,
        signs.month,
        signs.platform_code,
        signs.operator_key,
        signs.handling_unit,
        signs.is_reference,
        signs.is_hit,
        {% for column in ('ticket_no', 'evidence', 'beside', 'waits_for', 'waits_from', 'waits_to') -%}
        case when signs.is_hit and not signs.is_reference then signs.{{ column }} end as {{ column }},
        {% endfor -%}
        count(*) as tickets
    from {{ ref('int_signature_' ~ code) }} as signs
    group by all
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}
)

select
    signs.*,
    {{ is_delivered('signs') }} as is_known,
    {{ this_build() }} as built_in

from signs
