{# What of a text is compared: its letters. Digits, punctuation and white space differ where nothing else does. #}
{% macro letters_of(text) %}{{ return(adapter.dispatch('letters_of', 'hotline')(text)) }}{% endmacro %}
{% macro default__letters_of(text) %}lower(regexp_replace({{ text }}, '[^\p{L}]', '', 'g')){% endmacro %}
{% macro spark__letters_of(text) %}lower(regexp_replace({{ text }}, '[^\\p{L}]', '')){% endmacro %}

{# What a text of letters is known by: nothing of it can be read there. #}
{% macro text_key(letters) %}left({{ sha256(letters) }}, 32){% endmacro %}

{# The road or the bus line that a request names first, as G25 or 16路: its digits are not among the letters. #}
{% macro line_of(text) %}nullif(regexp_extract({{ text }}, '([GS][0-9]{1,4}|[0-9]{1,4}路)', 1), ''){% endmacro %}

{# Rows with a ticket_day: all of them, or those of the days that a changed day may have links with. #}
{% macro rows_near_changed_days(relation) %}
    {%- if model.resource_type == 'unit_test' %}{{ return(relation) }}{% endif -%}
    {%- set changed = ref('int_changed_day') -%}
    {%- if not is_partial() %}{{ return(relation) }}{% endif -%}
    (
        select *
        from {{ relation }} as stored
        where
            stored.ticket_day >= (select min(read_from) from {{ changed }})
            and exists (
                select 1 from {{ changed }} as changed
                where stored.ticket_day between changed.read_from and changed.last_day
            )
    )
{%- endmacro %}

{# Whether the links of a day with earlier ones are made anew in this build. #}
{% macro is_relinked(day) -%}
    {%- if model.resource_type == 'unit_test' %}{{ return('true') }}{% endif -%}
    {%- set changed = ref('int_changed_day') -%}
    {%- if not is_partial() %}{{ return('true') }}{% endif -%}
    exists (select 1 from {{ changed }} as changed where {{ day }} between changed.first_day and changed.last_day)
{%- endmacro %}

{# Incremental strategy: takes out the links of these days with earlier ones, and puts in what was made anew. #}
{% macro get_incremental_replace_linked_days_sql(arguments) %}
    {%- set changed = load_relation(api.Relation.create(this.database, 'intermediate', 'int_changed_day')) -%}
    delete from {{ arguments.target_relation }} as stored using {{ changed }} as changed
    where stored.ticket_day between changed.first_day and changed.last_day;
    {{ get_incremental_append_sql(arguments) }}
{% endmacro %}

{# The form of a text, of which nothing can be read: 9 for a digit, x for a letter, 字 for any other character. #}
{% macro form_of(text) %}{{ return(adapter.dispatch('form_of', 'hotline')(text)) }}{% endmacro %}
{% macro default__form_of(text) -%}
    left(
        regexp_replace(
            regexp_replace(
                regexp_replace(regexp_replace({{ text }}, '[\p{C}\s]', ' ', 'g'), '\p{Nd}', '9', 'g'), '\p{Latin}', 'x', 'g'
            ),
            '[^ -~]', '字', 'g'
        ),
        40
    )
{%- endmacro %}
