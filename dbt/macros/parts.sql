{#
    A whole build makes the large tables in parts of about var('rows_per_part') rows, so that no step holds the history.
    Which part is built is said by variables of the session, because the views that lead to a
    table must read the same part as it does; where they are not set, as in a test, everything is read.

    * What is made per ticket is made by days in the ticket number (part_from, part_to). All that a ticket needs lies in
      its own part, but for the calls of the same caller (int_ticket_repeat).
    * base_* are made by days of delivery (part_files), the newest first: a row whose key is there already is older.
#}

{# Rows with a ticket_day: those of the part that is built. #}
{% macro rows_of_part(relation) %}{{ return(adapter.dispatch('rows_of_part', 'hotline')(relation)) }}{% endmacro %}
{% macro default__rows_of_part(relation) -%}
    (
        select *
        from {{ relation }}
        where
            ticket_day >= coalesce(getvariable('part_from'), date '0001-01-01')
            and ticket_day < coalesce(getvariable('part_to'), date '9999-12-31')
    )
{%- endmacro %}
{% macro spark__rows_of_part(relation) %}{{ relation }}{% endmacro %}

{# dbt-duckdb's macro, but in parts where the model is built so. #}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set parts = [] if temporary or is_partial() else parts_of_build() -%}
    {%- for part in parts -%}
        {%- for name, value in part.items() %}{% do run_query('set variable ' ~ name ~ ' = ' ~ value) %}{% endfor -%}
        {%- do run_query(
            dbt.duckdb__create_table_as(false, relation, compiled_code) if loop.first else insert_part(relation, compiled_code)
        ) -%}
        {%- for name in part %}{% do run_query('reset variable ' ~ name) %}{% endfor -%}
        {%- do log(this.identifier ~ ': part ' ~ loop.index ~ ' of ' ~ loop.length, info=loop.length > 1) -%}
    {%- endfor -%}
    {%- if parts %}{{ return('select 1') }}{% endif -%}
    {{ return(dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by)) }}
{%- endmacro %}

{% macro insert_part(relation, compiled_code) %}
    insert into {{ relation }} by name
    from ({{ compiled_code }}) as part
    {% if config.get('unique_key') %}anti join {{ relation }} as newer using ({{ config.get('unique_key') | join(', ') }}){% endif %}
{% endmacro %}

{# The parts of a model in the order of building, each as values of variables; none when it is not built in parts. #}
{% macro parts_of_build() %}
    {%- set parts = [] -%}
    {%- if config.get('incremental_strategy') == 'replace_tickets' -%}
        {%- set events = as_last_built('staging', 'base_ticket_events') -%}
        {%- for first, end in ranges_of_days('select ticket_day as day, count(*) as row_count from ' ~ events ~ ' group by all') -%}
            {%- do parts.append({'part_from': first, 'part_to': end}) -%}
        {%- endfor -%}
    {%- elif config.get('materialized') == 'incremental' and model.sources and model.sources[0][0] == 'raw' -%}
        {%- set feed = model.sources[0][1] -%}
        {%- set ledger = counting_judgements(as_last_built('staging', 'base_feed_deliveries')) -%}
        {%- set files = ledger ~ ' where feed = ' ~ literal(feed) ~ ' and rows_loaded > 0' -%}
        {%- for first, end in ranges_of_days('select dt as day, sum(rows_loaded) as row_count from ' ~ files ~ ' group by all') | reverse -%}
            {%- do parts.append({
                'part_files': "(select " ~ literals([empty_file(feed)]) ~ " || coalesce(list(" ~ path_of_file(feed) ~ '), []) from '
                    ~ files ~ ' and dt >= ' ~ first ~ ' and dt < ' ~ end ~ ')'
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(parts) }}
{% endmacro %}

{# Days and their numbers of rows cut into ranges, [(first day, day after the last)]; the outermost have no end. #}
{% macro ranges_of_days(days) %}
    {%- set first_days = run_query(
        'select min(day) from (select day, (sum(row_count) over (order by day) - 1) // ' ~ var('rows_per_part')
        ~ ' as part from (' ~ days ~ ')) group by part order by part'
    ).columns[0].values() | list -%}
    {%- set cuts = ["date '0001-01-01'"] -%}
    {%- for day in first_days[1:] %}{% do cuts.append('date ' ~ literal(day)) %}{% endfor -%}
    {%- do cuts.append("date '9999-12-31'") -%}
    {{ return(zip(cuts, cuts[1:]) | list) }}
{% endmacro %}
