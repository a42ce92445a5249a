{#
    The delivered files that no finished build has read. A finished build has read all entries of the ledger then; an entry
    is written last for each judgement of a file, so what it names is there. Only what the ledger counts is read, never all
    that lies in a folder: what a broken-off ingest left behind is nobody's.

    An entry is known by its path below the ledger, which holds a digest of what it says: var/ may be moved or restored.
#}

{# A text as a literal. All that is not written in a model goes into SQL through this macro: a path may hold a quote. #}
{% macro literal(text) %}{{ return("'" ~ (text | string | replace("'", "''")) ~ "'") }}{% endmacro %}

{% macro literals(texts) %}
    {%- set quoted = [] -%}
    {%- for text in texts %}{% do quoted.append(literal(text)) %}{% endfor -%}
    {{ return('[' ~ quoted | join(', ') ~ ']') }}
{% endmacro %}

{# Folder of all that runs write. #}
{% macro var_folder() %}{{ return(env_var('HOTLINE_VAR', '../var')) }}{% endmacro %}

{# The same in a pattern of files: signs that would mean something there stand for themselves, as in sources.yml. #}
{% macro var_pattern() %}{{ return(var_folder() | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]')) }}{% endmacro %}

{# A path of a ledger entry below the ledger: an expression over the path that a reader was given. #}
{% macro below_ledger(path) %}{{ return("regexp_extract(" ~ path ~ ", 'dt=[^/]*/platform=[^/]*/[^/]*$')") }}{% endmacro %}

{# Entries of the ledger: all, or the new ones. Adds the column ledger_file. #}
{% macro new_ledger_entries() %}
    {%- set entries = source('ledger', 'deliveries') -%}
    {%- if not is_partial() %}{{ return(entries) }}{% endif -%}
    {%- set found = run_query(
        'select path from (' ~ ledger_files() ~ ') where path not in (select ledger_file from ' ~ this
        ~ ' where built_in <= ' ~ last_finished_build() ~ ')'
    ).columns[0].values() -%}
    {%- if not found %}{{ return('(select * from ' ~ entries ~ ' where false)') }}{% endif -%}
    {%- set files = [] -%}
    {%- for path in found %}{% do files.append(var_folder() ~ '/ledger/' ~ path) %}{% endfor -%}
    {{ return(reading_only(entries, literals(files))) }}
{%- endmacro %}

{# Paths of all entries, below the ledger. #}
{% macro ledger_files() %}
    {{ return('select ' ~ below_ledger('file') ~ ' as path from glob(' ~ literal(var_pattern() ~ '/ledger/*/*/*.json') ~ ')') }}
{% endmacro %}

{#
    The judgement of each file that counts, of entries with the columns of the ledger: a total order, as in
    hotline.ingest.ledger.
#}
{% macro counting_judgements(entries) %}
    {{ return(
        '(select * from ' ~ entries ~ ' qualify row_number() over (partition by feed, platform_code, dt, content_hash '
        ~ 'order by judgement desc, ingested_at desc, ledger_file desc) = 1)'
    ) }}
{% endmacro %}

{#
    Whether the ledger says of a file that was taken in something else than the last finished build read: judged anew, or
    its entry is gone. Rows that went, and what they had replaced, are not to be found in new files: all is made anew.
#}
{% macro is_judged_anew(known) %}
    {%- set file = "regexp_extract(path, '^(.*)[.][0-9]+-[0-9a-f]+[.]json$', 1)" -%}
    {{ return(run_query(
        'with found as (select path, ' ~ file ~ ' as file from (' ~ ledger_files() ~ ')), '
        ~ 'known as (select path, ' ~ file ~ ' as file, rows_loaded from (select ledger_file as path, rows_loaded from ' ~ known
        ~ ' where built_in <= (select max(build_no) from staging.builds where finished_at is not null))) '
        ~ 'select (select count(*) from known anti join found using (path)) + (select count(*) from found anti join known '
        ~ "using (path) semi join (select file from known where rows_loaded > 0 and file <> '') as loaded using (file))"
    ).rows[0][0] > 0) }}
{% endmacro %}

{# Rows of a feed: of the part that is built, or of the new files. #}
{% macro new_rows(feed) %}
    {%- set rows, ledger = source('raw', feed), ref('base_feed_deliveries') -%}
    {%- if not execute or model.resource_type == 'unit_test' %}{{ return(rows) }}{% endif -%}
    {{ return(reading_only(rows, new_files(feed, ledger))) }}
{% endmacro %}

{# Rows of a feed: of every file that the ledger counts. #}
{% macro all_rows(feed) %}
    {%- set rows, ledger = source('raw', feed), ref('base_feed_deliveries') -%}
    {%- if not execute or model.resource_type == 'unit_test' %}{{ return(rows) }}{% endif -%}
    {{ return(reading_only(rows, literals(files_of(feed, ledger)))) }}
{% endmacro %}

{#
    Rows in quarantine of the files of which stg_rejected_files lists rows and that are there: what is lost is told by a
    test, and a reader without any file is an error.
#}
{% macro quarantined_rows() %}
    {%- set rows, files = source('quarantine', 'rows'), ref('stg_rejected_files') -%}
    {%- if not execute or model.resource_type == 'unit_test' %}{{ return(rows) }}{% endif -%}
    {%- set place = "feed || '/dt=' || delivery_day || '/platform=' || sender_code || '/' || left(content_hash, 16) || '.' || judgement" -%}
    {%- set found = run_query(
        'select file from glob(' ~ glob_of(rows) ~ ") where regexp_extract(file, '([^/]+/dt=[^/]*/platform=[^/]*/[^/]*)[.]parquet$', 1) "
        ~ 'in (select ' ~ place ~ ' from ' ~ files ~ ' where not is_whole_file and rows_before < most_rows) order by all'
    ).columns[0].values() | list -%}
    {%- if found %}{{ return(reading_only(rows, literals(found))) }}{% endif -%}
    (
        select
            0::bigint as _row_number, []::varchar[] as reasons, null::varchar as original, '' as _file_hash,
            null::date as dt, '' as platform, '' as filename
        where false
    )
{%- endmacro %}

{# The new files as an expression for their list. #}
{% macro new_files(feed, ledger) %}
    {%- if not is_partial() %}{{ return("coalesce(getvariable('part_files'), [" ~ glob_of(source('raw', feed)) ~ '])') }}{% endif -%}
    {{ return(literals(files_of(feed, ledger, 'built_in > ' ~ last_finished_build()))) }}
{% endmacro %}

{# Paths of the raw files that hold the rows of a feed; first the one without rows. #}
{% macro files_of(feed, ledger, condition='true') %}
    {%- set found = run_query(
        'select ' ~ path_of_file(feed) ~ ' from ' ~ counting_judgements(ledger) ~ ' where feed = ' ~ literal(feed)
        ~ ' and rows_loaded > 0 and ' ~ condition ~ ' order by all'
    ).columns[0].values() | list -%}
    {{ return([empty_file(feed)] + found) }}
{% endmacro %}

{# Where the raw file of a ledger entry lies: an expression over its columns. #}
{% macro path_of_file(feed) %}
    {{ return(
        literal(raw_folder(feed)) ~ " || '/dt=' || dt || '/platform=' || platform_code || '/' || "
        ~ "left(content_hash, 16) || '.' || judgement || '.parquet'"
    ) }}
{% endmacro %}

{# The file without rows that every feed has, for the sake of its columns. #}
{% macro empty_file(feed) %}{{ return(raw_folder(feed) ~ '/dt=1970-01-01/platform=none/schema.parquet') }}{% endmacro %}

{% macro raw_folder(feed) %}{{ return(var_folder() ~ '/raw/' ~ feed) }}{% endmacro %}

{# The quoted pattern in a source's location: its first literal, as sources.yml writes it. #}
{% macro glob_of(source) %}
    {%- set folder = var_pattern() -%}
    {%- for pattern in [folder ~ '/ledger/*/*/*.json', folder ~ '/raw/' ~ source.identifier ~ '/*/*/*.parquet',
        folder ~ '/quarantine/*/*/*/*.parquet'
    ] -%}
        {%- if literal(pattern) in (source | string) %}{{ return(literal(pattern)) }}{% endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error((source | string) ~ ' reads no files that this macro knows') }}
{% endmacro %}

{# The source with the same options, reading the given files: an expression for their list. #}
{% macro reading_only(source, files) %}
    {{ return((source | string).replace(glob_of(source), files, 1)) }}
{% endmacro %}
