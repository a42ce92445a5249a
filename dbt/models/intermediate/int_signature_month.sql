{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_partial() %}delete from {{ this }} where built_in <= {{ last_finished_build() }}{% endif %}",
) }}
{%- set tally_before = as_last_built('intermediate', 'int_signature_tally') %}
select
    ticket_month,
    next_month,
    {{ this_build() }} as built_in

from {{ ref('int_changed_month') }}

{% if is_partial() -%}
union

-- nothing came for the tickets, but the feed that their hits waited for
select
    waiting.ticket_month,
    {{ add_months('waiting.ticket_month', 1) }} as next_month,
    {{ this_build() }} as built_in

from {{ tally_before }} as waiting
where not waiting.is_known and {{ is_delivered('waiting') }}
{%- endif %}
