{{ config(materialized='table') }}
-- The latest rows in quarantine, each of their reasons by itself. Of a value the form alone is kept: what stands in the
-- wrong column may be a name.
with files as (

    select * from {{ ref('stg_rejected_files') }}

),

stored as (

    select
        dt as delivery_day,
        platform as sender_code,
        _file_hash as content_hash,
        cast(_row_number as bigint) as file_row_number,
        reasons,
        original,
        regexp_extract(filename, '([^/]+)/dt=[^/]*/platform=[^/]*/[^/]*$', 1) as feed
    from {{ quarantined_rows() }}

),

latest as (

    select
        stored.*,
        files.most_rows,
        row_number() over (
            partition by stored.sender_code
            order by
                files.is_followed asc,
                stored.delivery_day desc,
                stored.feed asc,
                stored.content_hash asc,
                stored.file_row_number is null asc,
                stored.file_row_number asc
        ) as place
    from stored
    inner join files
        on
            stored.content_hash = files.content_hash
            and stored.feed = files.feed
            and stored.delivery_day = files.delivery_day
            and stored.sender_code = files.sender_code

),

explained as (

    select
        * exclude (reasons),
        unnest(reasons) as reason
    from latest
    where place <= most_rows

)

select
    explained.feed,
    explained.sender_code,
    explained.delivery_day,
    explained.content_hash,
    explained.file_row_number,
    explained.place,
    split_part(explained.reason, ':', 1) as column_name,
    columns.header as column_header,
    split_part(explained.reason, ':', 2) as rule,
    {{ form_of("json_extract_string(explained.original, '$.\"' || columns.header || '\"')") }} as value_form

from explained
left join {{ ref('feed_columns') }} as columns
    on explained.feed = columns.feed and split_part(explained.reason, ':', 1) = columns.column_name
