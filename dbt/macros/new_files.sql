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
    {{ return(reading_only(entries, "['" ~ found | join("', '") ~ "']")) }}
{%- endmacro %}

{# Rows of a feed: of the part that is built, or of the new files. #}
{% macro new_rows(feed) %}
    {%- set rows = source('raw', feed) -%}
    {%- set ledger = ref('base_feed_deliveries') -%}
    {%- if not is_partial() %}{{ return(reading_only(rows, "coalesce(getvariable('part_files'), [" ~ glob_of(rows) ~ '])')) }}{% endif -%}
    {%- set found = run_query(
        'select ' ~ path_of_file(feed) ~ ' from ' ~ ledger ~ " where feed = '" ~ feed
        ~ "' and rows_loaded > 0 and built_in > " ~ last_finished_build()
    ).columns[0].values() | list -%}
    {{ return(reading_only(rows, "['" ~ ([empty_file(feed)] + found) | join("', '") ~ "']")) }}
{%- endmacro %}

{# Where the raw file of a ledger entry lies: an expression over its columns. #}
{% macro path_of_file(feed) %}
    {{ return("'" ~ raw_folder(feed) ~ "/dt=' || dt || '/platform=' || platform_code || '/' || left(content_hash, 16) || '.parquet'") }}
{% endmacro %}

{# The file without rows that every feed has, for the sake of its columns. #}
{% macro empty_file(feed) %}{{ return(raw_folder(feed) ~ '/dt=1970-01-01/platform=none/schema.parquet') }}{% endmacro %}

{% macro raw_folder(feed) %}{{ return(glob_of(source('raw', feed)).strip("'").removesuffix('/*/*/*.parquet')) }}{% endmacro %}

{# The quoted pattern in a source's location: its first text. #}
{% macro glob_of(source) %}
    {{ return("'" ~ (source | string).split("'")[1] ~ "'") }}
{% endmacro %}

{# The source with the same options, reading the given files: an expression for their list. #}
{% macro reading_only(source, files) %}
    {{ return((source | string).replace(glob_of(source), files, 1)) }}
{% endmacro %}
