{#
    Where the tickets of this installation come from: `real`, or anything else (the demo: `simulated`). Real is what the
    installation says, never what is assumed: findings on invented tickets would accuse.
#}
{% macro installation_origin() -%}
    {{ literal(env_var("HOTLINE_ORIGIN", "simulated")) }}
{%- endmacro %}
