{# Rows that the Parquet files of a layer say they hold, told by their ends alone; `file` as the ledger would name it. #}
{% macro rows_of_files(layer) %}
    {%- set pattern = literal(var_pattern() ~ '/' ~ layer ~ '/*/*/*/*.parquet') -%}
    {%- set found = execute and run_query('select count(*) from glob(' ~ pattern ~ ')').rows[0][0] -%}
    {%- if not found -%}
    select cast(null as varchar) as file, 0 as rows_stored where false  -- a pattern that matches nothing is an error
    {%- else -%}
    select regexp_extract(file_name, '([^/]+/dt=[^/]*/platform=[^/]*/[^/]*)[.]parquet$', 1) as file, num_rows as rows_stored
    from parquet_file_metadata({{ pattern }})
    {%- endif -%}
{% endmacro %}

{# The feeds with a model that carries the test of their rows, as a list. #}
{% macro feeds_held_to_their_files() %}
    {%- if not execute %}{{ return('[]') }}{% endif -%}
    {%- set feeds = [] -%}
    {%- for test in graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') -%}
        {%- if test.test_metadata and test.test_metadata.name == 'every_delivered_row_is_here' -%}
            {%- do feeds.append(test.test_metadata.kwargs.feed) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(literals(feeds) ~ '::varchar[]') }}
{% endmacro %}
