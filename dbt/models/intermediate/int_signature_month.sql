{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_partial() %}delete from {{ this }} where built_in <= {{ last_finished_build() }}{% endif %}",
) }}
{%- set tally_before = as_last_built('intermediate', 'int_signature_tally') %}
{%- set is_delivered_now = is_delivered('waiting') %}
{%- set lists, files = ref('stg_spot_check_frame_tickets'), ref('base_feed_deliveries') %}
select
    ticket_month,
    next_month,
    {{ this_build() }} as built_in

from {{ ref('int_changed_month') }}

{% if is_partial() -%}
union

-- a changed ticket may be the one before a later one (repeat_after_satisfied looks back a month)
select
    next_month as ticket_month,
    {{ add_months('next_month', 1) }} as next_month,
    {{ this_build() }} as built_in

from {{ ref('int_changed_month') }}

union

-- nothing came for the tickets, but the feed that their hits waited for
select
    waiting.ticket_month,
    {{ add_months('waiting.ticket_month', 1) }} as next_month,
    {{ this_build() }} as built_in

from {{ tally_before }} as waiting
where not waiting.is_known and {{ is_delivered_now }}

union

-- nor for those of a list that was frozen since
select distinct
    {{ month_start(ticket_day('lists.ticket_no')) }} as ticket_month,
    {{ add_months(month_start(ticket_day('lists.ticket_no')), 1) }} as next_month,
    {{ this_build() }} as built_in

from {{ lists }} as lists
inner join {{ files }} as files
    on
        lists.file_hash = files.content_hash
        and lists.delivery_day = files.dt
        and files.feed = 'spot_check_frame_tickets'
        and files.built_in > {{ last_finished_build() }}
{%- endif %}
