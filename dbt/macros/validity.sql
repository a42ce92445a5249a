{#
    Definitions with validity: a row holds from valid_from on and before valid_to; empty is open.

    Whoever joins a relation that has both columns says on which day (a rule of dbt-score); hotline.validity is the same for
    Python. Where only names are wanted, stg_platforms and stg_indicators have one row a code, the newest version.
#}

{# Whether the row of `relation` (an alias) holds on a day, or at an instant. #}
{% macro holds_on(relation, day) -%}
    (
        {{ day }} >= coalesce({{ relation }}.valid_from, date '0001-01-01')
        and {{ day }} < coalesce({{ relation }}.valid_to, date '9999-12-31')
    )
{%- endmacro %}

{# Of every code its newest version, whether it still holds or not: by these words it is known. #}
{% macro newest_versions(relation) -%}
    select versions.*
    from {{ relation }} as versions
    left join {{ relation }} as later on versions.code = later.code and versions.valid_from < later.valid_from
    where later.code is null
{%- endmacro %}
