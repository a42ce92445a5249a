select
    owed.month,
    owed.platform_code,
    platforms.name_zh as platform_name,
    owed.feed,
    owed.feed_name,
    owed.delivery_mode,
    owed.period_from,
    cast(owed.arrival_from - interval '1 day' as date) as period_to,
    owed.due_at,
    arrivals.delivered_at,
    case
        when arrivals.delivered_at <= owed.due_at then 'on_time'
        when arrivals.delivered_at is not null then 'late'
        when owed.due_at > owed.known_until then 'pending'
        when arrivals.files_rejected > 0 then 'rejected'
        else 'missing'
    end as status,
    case
        when arrivals.delivered_at > owed.due_at
            then {{ integer_divide(seconds_between('owed.due_at', 'arrivals.delivered_at') ~ ' + 59', '60') }}
    end as minutes_late,
    coalesce(arrivals.files, 0) as files,
    coalesce(arrivals.files_rejected, 0) as files_rejected,
    arrivals.file_name,
    arrivals.message,
    arrivals.message_zh

from {{ ref('int_feed_obligation') }} as owed
inner join {{ ref('stg_platforms') }} as platforms on owed.platform_code = platforms.code
left join {{ ref('int_feed_arrival') }} as arrivals
    on
        owed.platform_code = arrivals.platform_code
        and owed.feed = arrivals.feed
        and owed.arrival_from = arrivals.arrival_from
        and case when owed.delivery_mode = 'daily' then 'day' else 'month' end = arrivals.arrival_span
