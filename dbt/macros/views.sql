{#
dbt makes a view under another name, moves the one that is there aside, renames the new one and drops the old: four
statements and their transactions, three quarters of what a view costs a build. DuckDB replaces a view in one.
#}
{% materialization view, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and not existing.is_view %}{% do drop_relation_if_exists(existing) %}{% endif -%}
    {%- set view = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main') -%}
        {{ get_create_view_as_sql(view, sql) }}
    {%- endcall -%}
    {% do persist_docs(view, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}

{% macro duckdb__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
    create or replace view {{ relation }} as (
        {{ sql }}
    )
{%- endmacro %}
