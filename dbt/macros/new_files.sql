{#
    The delivered files that no finished build has read. A finished build has read all files of the ledger then; the
    ledger is written last for each file, so what it names is there.
#}

{# Entries of the ledger: all, or the new ones. Adds the column ledger_file. #}
{% macro new_ledger_entries() %}
    {%- set entries = source('ledger', 'deliveries') -%}
    {%- if not is_partial() %}{{ return(entries) }}{% endif -%}
    {%- set found = run_query(
        'select file from glob(' ~ glob_of(entries) ~ ') where file not in (select ledger_file from ' ~ this
        ~ ' where built_in <= ' ~ last_finished_build() ~ ')'
    ).columns[0].values() -%}
    {%- if not found %}{{ return('(select * from ' ~ entries ~ ' where false)') }}{% endif -%}
    {{ return(reading_only(entries, found)) }}
{%- endmacro %}

{# Rows of a feed: of all files, or of the new ones. The empty file that every feed has keeps the columns. #}
{% macro new_rows(feed) %}
    {%- set rows = source('raw', feed) -%}
    {%- set ledger = ref('base_feed_deliveries') -%}
    {%- if not is_partial() %}{{ return(rows) }}{% endif -%}
    {%- set folder = glob_of(rows).strip("'").removesuffix('/*/*/*.parquet') -%}
    {%- set found = run_query(
        "select '" ~ folder ~ "/dt=' || dt || '/platform=' || platform_code || '/' || left(content_hash, 16) || '.parquet' from "
        ~ ledger ~ " where feed = '" ~ feed ~ "' and rows_loaded > 0 and built_in > " ~ last_finished_build()
    ).columns[0].values() -%}
    {{ return(reading_only(rows, [folder ~ '/dt=1970-01-01/platform=none/schema.parquet'] + (found | list))) }}
{%- endmacro %}

{# The quoted pattern in a source's location: its first text. #}
{% macro glob_of(source) %}
    {{ return("'" ~ (source | string).split("'")[1] ~ "'") }}
{% endmacro %}

{# The source with the same options, reading the given files. #}
{% macro reading_only(source, files) %}
    {{ return((source | string).replace(glob_of(source), "['" ~ files | join("', '") ~ "']", 1)) }}
{% endmacro %}
