-- Every reply of a platform, and whether there is a result of its own frame that it speaks of: none gets lost.
select
    replies.sender_code as platform_code,
    platforms.name_zh as platform_name,
    replies.frame_no,
    replies.ticket_no,
    replies.statement,
    replies.delivery_day,
    results.ticket_key is not null as is_of_result,
    coalesce(results.is_bad, false) as is_of_bad_result,
    coalesce(running.is_running, false) as is_running

from {{ ref('stg_spot_check_replies') }} as replies
left join {{ ref('int_spot_check_result') }} as results
    on
        replies.frame_no = results.frame_no
        and replies.ticket_no = results.ticket_no
        and replies.sender_code = results.platform_code
left join {{ ref('int_spot_check_running') }} as running on replies.frame_no = running.frame_no
left join {{ ref('stg_platforms') }} as platforms on replies.sender_code = platforms.code
where replies.statement is not null
