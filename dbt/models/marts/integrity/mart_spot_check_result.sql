-- What the checks of a frame found, a row a ticket, with what became of it: the evidence behind a verdict.
select
    results.frame_no,
    results.ticket_key,
    results.ticket_no,
    results.check_no,
    results.month,
    results.platform_code,
    platforms.name_zh as platform_name,
    cast(results.draw_position as bigint) as draw_position,
    outcomes.name_zh as outcome_name,
    cast(answers.attempts as bigint) as attempts,
    answers.called_at,
    results.is_reached,
    results.is_callback_good,
    results.is_close_good,
    results.is_satisfaction_good,
    results.is_bad,
    results.is_unknown,
    results.is_confirmed,
    results.is_outside,
    coalesce(answers.is_before_draw, false) as is_before_draw,
    cast(results.calls as bigint) as calls,
    records.name_zh as record_name,
    adjudications.name_zh as adjudication_name,
    coalesce(replies.statement, answers.platform_statement) as platform_statement,
    replies.delivery_day as replied_on,
    coalesce(barrier.is_running, false) as is_running

from {{ ref('int_spot_check_result') }} as results
left join {{ ref('int_spot_check_answer') }} as answers on results.check_no = answers.check_no
left join {{ ref('int_spot_check_barrier') }} as barrier on results.check_no = barrier.check_no
left join {{ ref('call_outcomes') }} as outcomes on answers.outcome = outcomes.code
left join {{ ref('record_kinds') }} as records on answers.record_kind = records.code
left join {{ ref('adjudications') }} as adjudications on answers.adjudication = adjudications.code
left join {{ ref('stg_platforms') }} as platforms on results.platform_code = platforms.code
-- what the platform sent itself goes before what was noted for it
left join {{ ref('stg_spot_check_replies') }} as replies
    on
        results.frame_no = replies.frame_no
        and results.ticket_no = replies.ticket_no
        and results.platform_code = replies.sender_code
        and replies.statement is not null
