-- Every check beside what was handed out: a swapped ticket, another caller, a changed platform, a call that nobody was
-- given, or one before anybody could know whom to call, is told here. The newest version as handed out is the answer,
-- whoever else sends a row of that number.
with held as (

    select
        checks.*,
        assignments.check_no is not null as is_assigned,
        assignments.draw_position as assigned_position,
        assignments.blind_recheck_of as assigned_recheck_of,
        -- whatever the row names: its number tells the frame, and the frame the platform
        coalesce(assignments.frame_no, checks.frame_no) as own_frame_no,
        coalesce(
            assignments.ticket_no = checks.ticket_no
            and assignments.frame_no = checks.frame_no
            and assignments.caller_key = checks.caller_key, false
        ) as is_assigned_call,
        -- callers write minutes, and some the day alone, which is any time of it
        coalesce(
            checks.called_at < date_trunc('minute', draws.revealed_at)
            and checks.called_at <> date_trunc('day', draws.revealed_at), false
        ) as is_before_draw
    from {{ ref('stg_spot_checks') }} as checks
    left join {{ ref('stg_spot_check_assignments') }} as assignments on checks.check_no = assignments.check_no
    left join {{ ref('stg_spot_check_draws') }} as draws
        on coalesce(assignments.frame_no, checks.frame_no) = draws.frame_no

),

called as (

    select distinct own_frame_no as frame_no, ticket_no
    from held
    where is_assigned_call

),

handed_out as (

    select distinct frame_no
    from {{ ref('stg_spot_check_assignments') }}

),

judged as (

    select
        held.*,
        frames.period_from,
        frames.platform_code as frame_platform_code,
        held.is_before_draw,
        not held.is_before_draw
        and coalesce(frames.platform_code = held.platform_code, frames.frame_no is null)
        and case
            when held.is_assigned then held.is_assigned_call
            -- a frame whose calls were handed out has no others; only of a ticket that was called may somebody decide
            else handed_out.frame_no is null or (held.adjudication is not null and called.ticket_no is not null)
        end as is_as_handed_out
    from held
    left join {{ ref('stg_spot_check_frames') }} as frames on held.own_frame_no = frames.frame_no
    left join handed_out on held.own_frame_no = handed_out.frame_no
    left join called on held.own_frame_no = called.frame_no and held.ticket_no = called.ticket_no

),

ranked as (

    select
        *,
        row_number() over (
            partition by check_no
            order by
                is_as_handed_out desc, delivery_day desc, delivered_at desc, file_hash desc, file_row_number desc
        ) as place,
        -- a caller who mends his sheet replaces what he sent before
        row_number() over (
            partition by check_no, caller_key
            order by delivery_day desc, delivered_at desc, file_hash desc, file_row_number desc
        ) as place_of_caller
    from judged

),

altered as (

    select check_no, count(*) as versions
    from ranked
    where not is_as_handed_out and place_of_caller = 1
    group by check_no

)

select
    ranked.check_no,
    case
        when ranked.period_from is null then ranked.month else {{ month_start('ranked.period_from') }}
    end as month,
    coalesce(ranked.frame_platform_code, ranked.platform_code) as platform_code,
    ranked.ticket_no,
    ranked.own_frame_no as frame_no,
    ranked.is_callback_true,
    ranked.is_close_true,
    ranked.is_satisfaction_true,
    ranked.in_callback_denominator,
    ranked.in_close_denominator,
    ranked.in_satisfaction_denominator,
    ranked.outcome,
    ranked.attempts,
    ranked.caller_key,
    ranked.called_at,
    ranked.record_kind,
    ranked.adjudication,
    ranked.platform_statement,
    ranked.delivery_day,
    ranked.file_hash,
    ranked.file_row_number,
    ranked.assigned_position as draw_position,
    -- the sheet does not say which of its rows repeat another's
    coalesce(ranked.assigned_recheck_of, ranked.blind_recheck_of) as blind_recheck_of,
    ranked.is_assigned,
    ranked.is_as_handed_out,
    ranked.is_before_draw,
    coalesce(altered.versions, 0) as altered

from ranked
left join altered on ranked.check_no = altered.check_no
where ranked.place = 1
