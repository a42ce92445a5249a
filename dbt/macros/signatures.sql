{#
    Ticket signatures: each is a model int_signature_<code> with a row an eligible ticket, and a row of the seed `signatures`.
    What is counted anew, and when: signature_months.sql.
#}

{# Signatures of tickets, in the order of the seed. #}
{% macro ticket_signatures() %}
{{ return([
    'rated_without_call', 'outcome_without_event', 'closed_without_step', 'rated_before_closure', 'rated_after_archive',
    'number_of_another_day', 'number_out_of_order', 'changed_after_freeze', 'closed_before_acceptance',
    'short_call', 'shared_number', 'closing_burst', 'instant_close', 'bunched_below_limit', 'returned_before_extension',
    'copied_closing_text', 'other_number', 'repeat_after_satisfied', 'consultation_of_complaint_type', 'one_caller_volume',
    'suspended_or_extended', 'closed_at_night',
]) }}
{% endmacro %}

{# Those of rows and of rates. #}
{% macro report_signatures() %}{{ return(['number_of_another_city', 'voided_ticket', 'unvarying_rate', 'impossible_rate']) }}{% endmacro %}

{#
    The columns of a signature over rows of int_ticket_trace. `waits_for` names the feed that a hit lacks something of, from
    one day to another.
#}
{% macro signature_row(
    is_hit, evidence, beside='null', actor='traces.closed_by', waits_for=none, waits_from='null', waits_to='null',
    is_reference='false'
) -%}
    {{ month_start('traces.ticket_day') }} as ticket_month,
    traces.month,
    traces.platform_code,
    traces.ticket_no,
    {{ actor }} as operator_key,
    traces.handling_unit,
    {{ is_reference }} as is_reference,
    coalesce({{ is_hit }}, false) as is_hit,
    cast({{ evidence }} as varchar) as evidence,
    cast({{ beside }} as varchar) as beside,
    {{ literal(waits_for) if waits_for else 'cast(null as varchar)' }} as waits_for,
    cast({{ waits_from }} as date) as waits_from,
    cast({{ waits_to }} as date) as waits_to
{%- endmacro %}

{# Whether the feed that a hit waits for was delivered, of all days in question that it is owed of. #}
{% macro is_delivered(hits) -%}
    (
        {{ hits }}.waits_for is null
        or coalesce((
            select bool_and(owed.delivered_at is not null)
            from {{ ref('mart_feed_obligation') }} as owed
            where
                owed.platform_code = {{ hits }}.platform_code
                and owed.feed = {{ hits }}.waits_for
                and owed.period_from <= {{ hits }}.waits_to
                and owed.period_to >= {{ hits }}.waits_from
        ), false)
    )
{%- endmacro %}

{# Whether a code is on one of the lists of the signatures, of a platform or of all. #}
{% macro is_listed(list_code, code, platform_code, day) -%}
    exists (
        select 1 from {{ ref('signature_lists') }} as listed
        where
            listed.list_code = {{ literal(list_code) }}
            and listed.code = {{ code }}
            and coalesce(listed.platform_code, {{ platform_code }}) = {{ platform_code }}
            and {{ holds_on('listed', day) }}
    )
{%- endmacro %}

{# A key as auditors see it and lists name it: enough of it to tell numbers apart. #}
{% macro key_text(key) %}left({{ key }}, 12){% endmacro %}

{# Whole months from one month to another, so that a number of them may be data. #}
{% macro months_between(earlier, later) -%}
    12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
    + extract(month from {{ later }}) - extract(month from {{ earlier }})
{%- endmacro %}
