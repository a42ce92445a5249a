-- Rows that were not taken, and files of which none was, of the latest days. The totals are of all, listed or not.
with files as (

    select
        *,
        cast(sum(case when is_whole_file then 0 else rows_quarantined end) over of_sender as bigint)
            as rows_of_platform,
        cast(count(*) filter (where is_whole_file) over of_sender as bigint) as files_of_platform
    from {{ ref('stg_rejected_files') }}
    window of_sender as (partition by sender_code)

),

rejected as (

    select
        files.*,
        stored.file_row_number,
        stored.place,
        stored.column_name,
        stored.column_header,
        stored.rule,
        rules.name_zh as says_zh,
        rules.remedy_zh,
        stored.value_form
    from files
    inner join {{ ref('stg_quarantined_rows') }} as stored
        on
            files.feed = stored.feed
            and files.sender_code = stored.sender_code
            and files.delivery_day = stored.delivery_day
            and files.content_hash = stored.content_hash
    left join {{ ref('refusal_reasons') }} as rules on rules.rule_kind = 'row' and stored.rule = rules.code

    union all

    select
        files.*,
        null as file_row_number,
        0 as place,
        'file' as column_name,
        null as column_header,
        'file' as rule,
        files.message_zh as says_zh,
        null as remedy_zh,
        null as value_form
    from files
    where files.is_whole_file

)

select
    rejected.sender_code as platform_code,
    platforms.name_zh as platform_name,
    rejected.feed,
    feeds.name_zh as feed_name,
    rejected.delivery_day,
    rejected.delivered_at,
    rejected.file_name,
    rejected.content_hash as file_hash,
    rejected.is_whole_file,
    rejected.file_row_number,
    cast(rejected.place as bigint) as place,
    rejected.column_name,
    rejected.column_header,
    rejected.rule,
    coalesce(rejected.says_zh, rejected.rule) as reason_zh,
    rejected.remedy_zh,
    rejected.value_form,
    rejected.is_followed,
    rejected.rows_of_platform,
    rejected.files_of_platform,
    rejected.origin

from rejected
inner join {{ ref('stg_platforms') }} as platforms on rejected.sender_code = platforms.code
left join {{ ref('feed_schedules') }} as feeds on rejected.feed = feeds.feed
