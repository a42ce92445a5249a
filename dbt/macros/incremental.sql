{#
    Building only what changed. docs/explanation/architecture.md tells the whole story; in short:

    * Rows of tickets, events and calls lie in base_* tables, newest version per key, with the number of the build that
      wrote them (`built_in`) and the day in the ticket number (`ticket_day`), which never changes and sorts the tables.
    * A build takes in the files that no finished build has seen, lists the tickets that they change
      (int_changed_ticket), and makes those tickets anew, each from all its rows.
    * What is counted over tickets is counted by the month of `ticket_day`; a changed ticket has its month counted anew.

    A build is the first, or whole, when a table is missing or --full-refresh is given; then these macros add nothing.
    Changes of a build that broke off are taken up by the next, because only a finished build moves the mark.
#}

{# on-run-start: gives the build its number and decides once, for all models, whether it is whole. #}
{% macro begin_build() %}
    {% if builds_more_than_quality() %}
        {% do graph.pop('build_state', none) %}
        {% do run_query('create schema if not exists staging') %}
        {% do run_query(
            'create table if not exists staging.builds (build_no bigint, is_partial boolean, began_at timestamp, '
            ~ 'finished_at timestamp, definitions varchar)'
        ) %}
        {% set missing = [] %}
        {% for node in incremental_models() %}
            {% if not load_relation(api.Relation.create(node.database, node.schema, node.alias)) %}
                {% do missing.append(node.name) %}
            {% endif %}
        {% endfor %}
        {% set may_be_partial = not flags.FULL_REFRESH and missing | length == 0 %}
        {% if may_be_partial and is_judged_anew(api.Relation.create(target.database, 'staging', 'base_feed_deliveries')) %}
            {% do log('a file that was taken in has been judged anew: everything is made anew', info=true) %}
            {% set may_be_partial = false %}
        {% endif %}
        {% do run_query(
            'insert into staging.builds select coalesce(max(build_no), 0) + 1, '
            ~ 'count(finished_at) > 0 and ' ~ may_be_partial ~ ', current_localtimestamp(), null, null from staging.builds'
        ) %}
    {% endif %}
{% endmacro %}

{# on-run-end: the build is finished when every incremental model was built and nothing failed. #}
{% macro finish_build(results) %}
    {% if builds_more_than_quality() %}
        {% set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list %}
        {% set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
        {% set left_out = incremental_models() | map(attribute='unique_id') | reject('in', built) | list %}
        {% if not failed and not left_out %}
            {% do run_query(
                'update staging.builds set finished_at = current_localtimestamp() '
                ~ 'where build_no = (select max(build_no) from staging.builds)'
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}

{# A quality run adds its marts to what a build left; it is no build, and leaves no trace in the record of builds. #}
{% macro builds_more_than_quality() %}
    {% if not execute or flags.WHICH not in ('build', 'run') %}{{ return(false) }}{% endif %}
    {% for name in selected_resources %}
        {% if not name.startswith('test.') and 'quality' not in (graph.nodes[name].tags if name in graph.nodes else []) %}
            {{ return(true) }}
        {% endif %}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}

{% macro incremental_models() %}
    {{ return(graph.nodes.values() | selectattr('config.materialized', 'equalto', 'incremental') | list) }}
{% endmacro %}

{# (number of this build, number of the last finished one, whether this one takes only changes in) #}
{% macro build_state() %}
    {% if not execute or model.resource_type == 'unit_test' %}
        {{ return((1, 0, false)) }}
    {% endif %}
    {# asked some thousand times a build: kept in the one dictionary that all nodes of a run share #}
    {% if 'build_state' not in graph %}
        {% set row = run_query(
            'select max(build_no), coalesce(max(build_no) filter (where finished_at is not null), 0), '
            ~ 'coalesce(max_by(is_partial, build_no), false) from staging.builds'
        ).rows[0] %}
        {% do graph.update(build_state=(row[0] | int, row[1] | int, row[2])) %}
    {% endif %}
    {{ return(graph.build_state) }}
{% endmacro %}

{% macro is_partial() %}{{ return(build_state()[2]) }}{% endmacro %}

{% macro this_build() %}{{ return(build_state()[0]) }}{% endmacro %}

{% macro last_finished_build() %}{{ return(build_state()[1]) }}{% endmacro %}

{# dbt's own switch, turned for all incremental models at once: a half-built warehouse is built whole. #}
{% macro should_full_refresh() %}
    {{ return(flags.FULL_REFRESH or config.get('full_refresh') or (
        config.get('materialized') == 'incremental' and not is_partial()
    )) }}
{% endmacro %}

{#
    The day in a ticket number, JT + city (6) + yyyyMMdd (8) + running number (8); a fixed day when it holds none that a
    ticket can have: digits are not dates, and a build goes through the days from the first to the last.
#}
{% macro ticket_day(ticket_no) -%}
    {%- set day = date_of_digits('substring(' ~ ticket_no ~ ', 9, 8)') -%}
    case when {{ day }} between date '1970-01-01' and date '2199-12-31' then {{ day }} else date '1970-01-01' end
{%- endmacro %}

{# Rows with a ticket number: those of the part that is built, or those of the tickets that this build makes anew. #}
{% macro changed_rows(relation) %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set changed = ref('int_changed_ticket') -%}
    {%- if not is_partial() %}{{ return(rows_of_part(relation)) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where exists (
            select 1 from {{ changed }} as changed
            where changed.ticket_day = stored.ticket_day and changed.ticket_no = stored.ticket_no
        )
    )
{%- endmacro %}

{# Rows with a ticket_day, or a ticket_month: all of them, or those of the months that this build counts anew. #}
{% macro rows_of_changed_months(relation, day='ticket_day', months='int_changed_month') %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set changed = ref(months) -%}
    {%- if not is_partial() %}{{ return(relation) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where
            -- the scan starts at this day; by the months alone it would read the whole history
            stored.{{ day }} >= (select min(ticket_month) from {{ changed }})
            and exists (
                select 1 from {{ changed }} as changed
                where stored.{{ day }} >= changed.ticket_month and stored.{{ day }} < changed.next_month
            )
    )
{%- endmacro %}

{# Sorts what is made whole by day, so that later builds find a day without reading the others. #}
{% macro sorted_by_day() -%}
    {%- if not is_partial() %}order by ticket_day{% endif -%}
{%- endmacro %}

{#
    Incremental strategy: takes out all that belongs to the changed tickets (or months) and puts in what was made anew.
    delete+insert would leave what has no successor, a deleted ticket or a month without tickets.
#}
{% macro get_incremental_replace_tickets_sql(arguments) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_changed_ticket')) -%}
    delete from {{ arguments.target_relation }} as stored using {{ changed }} as changed
    where stored.ticket_day = changed.ticket_day and stored.ticket_no = changed.ticket_no;
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}

{% macro get_incremental_replace_months_sql(arguments) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_changed_month')) -%}
    delete from {{ arguments.target_relation }} where ticket_month in (select ticket_month from {{ changed }});
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}

{# A relation as the last build left it; none when there is none. Not a ref: the model reads what it leads to. #}
{% macro as_last_built(schema, name) %}
    {{ return(load_relation(api.Relation.create(this.database, schema, name))) }}
{% endmacro %}

{# Tests of a table that is built in parts look at the rows that this build wrote. #}
{% macro get_where_subquery(relation) %}
    {% set conditions = [config.get('where')] | select | list %}
    {% if is_partial() and 'built_in' in (adapter.get_columns_in_relation(relation) | map(attribute='name')) %}
        {% do conditions.append('built_in > ' ~ last_finished_build()) %}
    {% endif %}
    {% if not conditions %}{{ return(relation) }}{% endif %}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as tested') }}
{% endmacro %}

{# The same for singular tests, as a condition. #}
{% macro is_of_this_build(alias) -%}
    {% if is_partial() %}{{ alias }}.built_in > {{ last_finished_build() }}{% else %}true{% endif %}
{%- endmacro %}

{# First of the months that this build counts anew, as a literal: a view finds a day by it without reading the others. #}
{% macro first_changed_month() %}
    {%- set changed = ref('int_changed_month') -%}
    {%- if not is_partial() %}{{ return("date '0001-01-01'") }}{% endif -%}
    {%- set first = run_query("select coalesce(min(ticket_month), date '9999-12-01') from " ~ changed).columns[0].values()[0] -%}
    {{ return('date ' ~ literal(first)) }}
{% endmacro %}
