{# A sentence of a seed with the values of a row in the place of names in braces; `values` maps names to texts in SQL. #}
{% macro sentence(template, values) %}
    {%- set ns = namespace(text=template) -%}
    {%- for name, value in values.items() -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '{" ~ name ~ "}', coalesce(" ~ value ~ ", '—'))" -%}
    {%- endfor -%}
    {{ return(ns.text) }}
{% endmacro %}

{# A probability as text: never 0 unless impossible, never more decimals than it deserves. #}
{% macro chance_text(p) -%}
    case when {{ p }} = 0 then '0' when {{ p }} < 0.0001 then '< 0.0001' else cast(cast({{ p }} as decimal(9, 4)) as varchar) end
{%- endmacro %}

{# A share as a percentage in words, of two decimals. #}
{% macro share_text(share) -%}
    case
        when {{ share }} > 0 and {{ share }} < 0.00005 then '< 0.01 %'
        else cast(cast(100 * {{ share }} as decimal(9, 2)) as varchar) || ' %'
    end
{%- endmacro %}

{# Evidence as text; beyond a billion nobody asks how much. #}
{% macro evidence_text(e_value) -%}
    case when {{ e_value }} > 1e9 then '> 10^9' else cast(cast({{ e_value }} as decimal(18, 1)) as varchar) end
{%- endmacro %}
