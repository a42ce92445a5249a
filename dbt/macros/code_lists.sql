{# Whether a text names the code of a row of a code list: by code, Chinese name or one of the aliases, as files may. #}
{% macro names_code(text, list) -%}
    {{ text }} <> ''
    and (
        {{ text }} in ({{ list }}.code, {{ list }}.name_zh)
        or position('|' || {{ text }} || '|' in '|' || {{ list }}.aliases || '|') > 0
    )
{%- endmacro %}
