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
    barrier.is_running

from {{ ref('int_spot_check_answer') }} as checks
inner join {{ ref('int_spot_check_barrier') }} as barrier on checks.check_no = barrier.check_no
