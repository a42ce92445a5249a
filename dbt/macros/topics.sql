{#
    Building only the months that changed, for what is counted from months and not from tickets.

    `int_topic_month_mark` keeps a mark of every month's counts. A month whose mark is another than the last finished build
    left has changed, and with it the periods it lies in, and the periods that are compared with those.
#}

{# Rows with a month: all of them, or those of the months that have changed. #}
{% macro rows_of_changed_topic_months(relation, topic) %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set changed = ref('int_topic_changed_month') -%}
    {%- if not is_partial() %}{{ return(relation) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where stored.month in (select changed.month from {{ changed }} as changed where changed.topic = '{{ topic }}')
    )
{%- endmacro %}

{# Rows with a period: all of them, or those of the periods that have changed; with those compared with them, if asked. #}
{% macro rows_of_changed_periods(relation, with_compared=false) %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set changed = ref('int_topic_changed_period') -%}
    {%- if not is_partial() %}{{ return(relation) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where exists (
            select 1 from {{ changed }} as changed
            where changed.period_kind = stored.period_kind and changed.period_start = stored.period_start
            {%- if not with_compared %} and changed.is_itself{% endif %}
        )
    )
{%- endmacro %}

{# Incremental strategies: take out all that belongs to the changed months or periods, put in what was made anew. #}
{% macro get_incremental_replace_spot_months_sql(arguments) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_topic_changed_month')) -%}
    delete from {{ arguments.target_relation }}
    where month in (select changed.month from {{ changed }} as changed where changed.topic = 'spot');
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}

{% macro get_incremental_replace_periods_sql(arguments) %}
    {{ replace_periods(arguments, 'changed.is_itself') }}
{% endmacro %}

{% macro get_incremental_replace_compared_periods_sql(arguments) %}
    {{ replace_periods(arguments, 'true') }}
{% endmacro %}

{% macro replace_periods(arguments, condition) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_topic_changed_period')) -%}
    delete from {{ arguments.target_relation }} as stored using {{ changed }} as changed
    where stored.period_kind = changed.period_kind and stored.period_start = changed.period_start and {{ condition }};
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}
