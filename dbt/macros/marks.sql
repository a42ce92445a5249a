{#
    Marks of what was counted, to know what has changed: int_indicator_month_mark and int_topic_month_mark keep them.
#}

{# A mark of a set of rows, whatever their order. #}
{% macro mark_of_rows(columns) %}{{ return(adapter.dispatch('mark_of_rows', 'hotline')(columns)) }}{% endmacro %}
{% macro default__mark_of_rows(columns) -%}
    cast(sum(cast(hash({{ columns | join(', ') }}) as {{ wide_integer_type() }})) as varchar)
{%- endmacro %}
{% macro spark__mark_of_rows(columns) -%}
    cast(sum(cast(xxhash64({{ columns | join(', ') }}) as {{ wide_integer_type() }})) as varchar)
{%- endmacro %}

{# The end of a model that keeps marks: of `marks`, by kind and month, those that the last builds have not left so. #}
{% macro changed_marks(marks, kind) %}
    {%- if not is_partial() -%}
    select
        {{ kind }},
        month,
        mark,
        {{ this_build() }} as built_in
    from {{ marks }}
    {%- else -%}
    select
        coalesce(marks.{{ kind }}, latest.{{ kind }}) as {{ kind }},
        coalesce(marks.month, latest.month) as month,
        coalesce(marks.mark, 'none') as mark,
        {{ this_build() }} as built_in
    from {{ marks }} as marks
    full outer join (
        select
            {{ kind }},
            month,
            max_by(mark, built_in) as mark
        from {{ this }}
        group by {{ kind }}, month
    ) as latest on marks.{{ kind }} = latest.{{ kind }} and marks.month = latest.month
    where coalesce(marks.mark, 'none') <> coalesce(latest.mark, '')
    {%- endif -%}
{% endmacro %}
