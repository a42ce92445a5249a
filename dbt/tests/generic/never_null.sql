{#
None of the columns is null in any row: one row of the answer a column that is. One test for all of them, because a test
costs a build thirty times what looking at one column does.
#}
{% test never_null(model, columns) %}
with counted as (

    select
        {% for column in columns -%}
        count(*) filter (where {{ column }} is null) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ model }}

)

select *
from (unpivot counted on columns(*) into name column_name value rows_without)
where rows_without > 0
{% endtest %}
