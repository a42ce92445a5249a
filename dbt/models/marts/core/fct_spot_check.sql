select
    checks.check_no,
    checks.month,
    checks.platform_code,
    checks.ticket_no,
    checks.is_callback_true,
    checks.is_close_true,
    checks.is_satisfaction_true,
    checks.frame_no,
    checks.outcome,
    cast(checks.attempts as bigint) as attempts,
    checks.called_at,
    checks.adjudication,
    checks.platform_statement,
    checks.delivery_day,
    checks.file_hash,
    checks.file_row_number,
    coalesce(frames.is_running, false) as is_running

from {{ ref('stg_spot_checks') }} as checks
left join {{ ref('mart_spot_check_frame') }} as frames on checks.frame_no = frames.frame_no
