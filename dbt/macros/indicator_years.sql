{#
    Making anew only the years whose indicators changed. A year, because a quarter and a year are sums of its months.

    `int_indicator_month_mark` keeps a mark of all that the figures of a month come from. A month whose mark is another
    than the last finished build left has changed, and with it its year; changes on the year before make the next anew.
#}

{# Rows with a month, or another first day: all of them, or those of the years that have changed. #}
{% macro rows_of_changed_years(relation, day='month', with_compared=false, years_before=0) %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set changed = ref('int_indicator_changed_year') -%}
    {%- if not is_partial() %}{{ return(relation) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where exists (
            select 1 from {{ changed }} as changed
            where
                stored.{{ day }} >= {{ add_months('changed.year_start', -12 * years_before) }}
                and stored.{{ day }} < {{ add_months('changed.year_start', 12) }}
                {%- if not with_compared %} and changed.is_itself{% endif %}
        )
    )
{%- endmacro %}

{# Incremental strategies: take out the changed years, or those and the ones compared with them; put in what was made. #}
{% macro get_incremental_replace_years_sql(arguments) %}{{ replace_years(arguments, 'changed.is_itself') }}{% endmacro %}

{% macro get_incremental_replace_compared_years_sql(arguments) %}{{ replace_years(arguments, 'true') }}{% endmacro %}

{% macro replace_years(arguments, condition) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_indicator_changed_year')) -%}
    delete from {{ arguments.target_relation }} as stored using {{ changed }} as changed
    where
        stored.period_start >= changed.year_start
        and stored.period_start < {{ add_months('changed.year_start', 12) }}
        and {{ condition }};
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}
