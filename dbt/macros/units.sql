{# In what the change of a figure is told: of percentages in points, of all else relative to the figure before. #}
{% macro change_unit(unit) -%}
    case when {{ unit }} = 'percent' then 'percentage_points' else 'percent' end
{%- endmacro %}
