-- Every filled row beside what was handed out: a swapped ticket, or a call that nobody was given, is told here.
with frames as (

    select distinct frame_no
    from {{ ref('stg_spot_check_assignments') }}

)

select
    checks.check_no,
    checks.month,
    checks.platform_code,
    checks.ticket_no,
    checks.frame_no,
    checks.is_callback_true,
    checks.is_close_true,
    checks.is_satisfaction_true,
    checks.in_callback_denominator,
    checks.in_close_denominator,
    checks.in_satisfaction_denominator,
    checks.outcome,
    checks.attempts,
    checks.caller_key,
    checks.called_at,
    checks.record_kind,
    checks.adjudication,
    checks.platform_statement,
    checks.delivery_day,
    assignments.draw_position,
    -- the sheet does not say which of its rows repeat another's
    coalesce(assignments.blind_recheck_of, checks.blind_recheck_of) as blind_recheck_of,
    case
        when assignments.check_no is not null
            then coalesce(
                assignments.ticket_no = checks.ticket_no
                and assignments.frame_no = checks.frame_no
                and assignments.caller_key = checks.caller_key, false
            )
        -- a frame whose calls were handed out has no others; an adjudication may come as a row of its own
        else frames.frame_no is null or checks.adjudication is not null
    end as is_as_handed_out

from {{ ref('stg_spot_checks') }} as checks
left join {{ ref('stg_spot_check_assignments') }} as assignments on checks.check_no = assignments.check_no
left join frames on checks.frame_no = frames.frame_no
