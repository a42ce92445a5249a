{#
    Signatures are counted by the month of `ticket_day`, like all that is counted over tickets (incremental.sql). A hit that
    rests on something missing (no call, no step) waits for the feed that would show it: until that was delivered for all
    days in question it is no hit, nor is the ticket eligible. So months whose days came late are counted anew too.
    What was counted is judged by month: int_signature_mark says in which the counts, or their history, have changed.
#}

{# Rows with a ticket_day, or a ticket_month: all, or those of the months whose signatures this build counts anew. #}
{% macro rows_of_signature_months(relation, day='ticket_day') %}
    {{ return(rows_of_changed_months(relation, day, months='int_signature_month')) }}
{% endmacro %}

{% macro get_incremental_replace_signature_months_sql(arguments) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_signature_month')) -%}
    delete from {{ arguments.target_relation }} where ticket_month in (select ticket_month from {{ changed }});
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}

{# Rows with a month: all of them, or those of the months whose counts, or what they are compared with, have changed. #}
{% macro rows_of_judged_months(relation) %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set marks = ref('int_signature_mark') -%}
    {%- if not is_partial() %}{{ return(relation) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where stored.month in (select marks.month from {{ marks }} as marks where marks.built_in > {{ last_finished_build() }})
    )
{%- endmacro %}

{% macro get_incremental_replace_judged_months_sql(arguments) %}
    {%- set marks = load_relation(api.Relation.create(this.database, 'intermediate', 'int_signature_mark')) -%}
    delete from {{ arguments.target_relation }}
    where month in (select marks.month from {{ marks }} as marks where marks.built_in > {{ last_finished_build() }});
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}

{#
    Rows of tickets from the files of senders of whom a ticket of a frozen list was taken in again after the freeze, or says so, from
    the first day of that frame on. Of nobody: no file is read.
#}
{% macro versions_after_a_freeze() %}
    {%- set rows, ledger = source('raw', 'tickets'), ref('base_feed_deliveries') -%}
    {%- set frames, lists = ref('stg_spot_check_frames'), ref('stg_spot_check_frame_tickets') -%}
    {%- set tickets = ref('base_tickets') -%}
    {%- if not execute or model.resource_type == 'unit_test' %}{{ return(rows) }}{% endif -%}
    {{ return(reading_only(rows, literals(files_of('tickets', ledger, 'exists (select 1 from (select again.sender_code, '
        ~ 'frames.period_from from ' ~ frames ~ ' as frames inner join ' ~ lists ~ ' as lists using (frame_no) inner join ' ~ tickets
        ~ ' as again using (ticket_no) inner join (select platform_code, dt, content_hash, min(ingested_at) as taken_at from ' ~ ledger
        ~ " where feed = 'tickets' and rows_loaded > 0 group by all) as taken on again.sender_code = taken.platform_code "
        ~ 'and again.delivery_day = taken.dt and again.file_hash = taken.content_hash '
        ~ 'where greatest(again.delivered_at, taken.taken_at) > frames.frozen_at) as changed '
        ~ 'where changed.sender_code = platform_code and dt >= changed.period_from)'
    )))) }}
{% endmacro %}
