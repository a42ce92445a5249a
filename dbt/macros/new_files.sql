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
{% macro new_rows(feed) %}{{ return(reading_only(source('raw', feed), new_files(feed))) }}{% endmacro %}

{# How many rows those files say they hold: told by their ends alone, and hundreds of megabytes cheaper than opening all. #}
{% macro count_of_new_rows(feed) %}(select sum(num_rows) from parquet_file_metadata({{ new_files(feed) }})){% endmacro %}

{# The same files as an expression for their list. #}
{% macro new_files(feed) %}
    {%- set every_file = glob_of(source('raw', feed)) -%}
    {%- set ledger = ref('base_feed_deliveries') -%}
    {%- if not is_partial() %}{{ return("coalesce(getvariable('part_files'), [" ~ every_file ~ '])') }}{% endif -%}
    {%- set found = run_query(
        'select ' ~ path_of_file(feed) ~ ' from ' ~ ledger ~ " where feed = '" ~ feed
        ~ "' and rows_loaded > 0 and built_in > " ~ last_finished_build()
    ).columns[0].values() | list -%}
    {{ return("['" ~ ([empty_file(feed)] + found) | join("', '") ~ "']") }}
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
