-- What of the latest files of each sender was not taken, counted from its own latest day. A file that was not read has
-- no rows in quarantine either.
with files as (

    select
        *,
        max(dt) over (partition by platform_code) as latest_day,
        max(ingested_at) filter (where status <> 'rejected')
            over (partition by platform_code, feed, dt, file_name)
            as taken_at,
        coalesce({{ json_text('reasons') }} like '%"file:%', false) as is_whole_file
    from {{ counting_judgements(ref('base_feed_deliveries')) }}

),

listed as (

    select
        files.feed,
        files.platform_code as sender_code,
        files.dt as delivery_day,
        files.content_hash,
        files.judgement,
        files.file_name,
        files.delivered_at,
        files.is_whole_file,
        case when files.is_whole_file then files.message_zh end as message_zh,
        files.rows_quarantined,
        coalesce(files.taken_at > files.ingested_at, false) as is_followed,
        coalesce(files.origin, 'simulated') as origin,
        limits.most_rows
    from files
    inner join {{ ref('rejected_row_limits') }} as limits on {{ holds_on('limits', 'files.latest_day') }}
    where
        (files.is_whole_file or files.rows_quarantined > 0)
        and {{ days_of('files.dt', 'files.latest_day') }} <= limits.latest_days

)

-- in the order in which rows are listed: nobody needs to read the files that come too late for that
select
    *,
    cast(coalesce(sum(case when is_whole_file then 0 else rows_quarantined end) over (
        partition by sender_code
        order by is_followed asc, delivery_day desc, feed asc, content_hash asc, judgement asc
        rows between unbounded preceding and 1 preceding
    ), 0) as bigint) as rows_before

from listed
