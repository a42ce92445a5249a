{#
    The newest delivered version of every key: a corrected file arrives later and its rows replace the earlier ones.
    The order is total, so that a rebuild always chooses the same row.
#}
{% macro newest_version(relation, key) %}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by dt desc, _delivered_at desc, _file_hash desc, _row_number desc
            ) as version_rank
        from {{ relation }}
    ) as versions
    where version_rank = 1
{% endmacro %}

{# The first delivered version: of what was frozen, so that nobody changes afterwards what a draw was made from. #}
{% macro first_version(relation, key) %}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by dt, _delivered_at, _file_hash, _row_number
            ) as version_rank
        from {{ relation }}
    ) as versions
    where version_rank = 1
{% endmacro %}

{# Lineage of a delivered row, the day that sorts it, and the build that takes it in. #}
{% macro lineage_columns() -%}
    platform as sender_code,
    dt as delivery_day,
    _delivered_at as delivered_at,
    _file_hash as file_hash,
    _row_number as file_row_number,
    coalesce(record_status = 'deleted', false) as is_deleted,
    {{ ticket_day('ticket_no') }} as ticket_day,
    {{ this_build() }} as built_in
{%- endmacro %}

{# Whether a ticket number bears the prefix of a platform: JT, then the city code (6). #}
{% macro is_own_number(ticket_no, prefix) -%}
    coalesce(substring({{ ticket_no }}, 3, 6) = {{ prefix }}, false)
{%- endmacro %}

{# Of `delivered`, what is to be stored: files may be taken in any order, and an older version replaces no newer one. #}
{% macro where_newer_than_known(key) %}
    {%- if is_partial() -%}
    where
        not exists (
            select 1 from {{ this }} as known
            where
                {% for column in key %}known.{{ column }} = delivered.{{ column }} and {% endfor -%}
                (known.delivery_day, known.delivered_at, known.file_hash, known.file_row_number)
                > (delivered.delivery_day, delivered.delivered_at, delivered.file_hash, delivered.file_row_number)
        )
    {%- endif -%}
{% endmacro %}
