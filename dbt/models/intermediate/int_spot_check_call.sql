{# Whoever answered nothing was not reached, whatever the outcome says. #}
{%- set is_reached = "(coalesce(outcomes.is_reached, true) and (coalesce(adjudications.is_withdrawn, false) or coalesce(
        checks.is_callback_true, checks.is_close_true, checks.is_satisfaction_true) is not null))" -%}
-- Every check call: its frame, whether it counts, and what it found inside the denominator of each rate.
select
    checks.check_no,
    coalesce(frames.frame_no, checks.month || '/' || checks.platform_code) as frame_no,
    frames.frame_no is not null as is_of_frame,
    checks.month,
    checks.platform_code,
    checks.ticket_no,
    -- where only the result was published, each check is of a ticket of its own
    coalesce(checks.ticket_no, checks.check_no) as ticket_key,
    {{ is_reached }} as is_reached,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    case
        when not {{ is_reached }} then null
        when
            coalesce(
                checks.in_{{ rate }}_denominator,
                frames.{{ rate }}_denominator is null or frames.{{ rate }}_denominator >= frames.population
            )
            then checks.is_{{ rate }}_true or coalesce(adjudications.is_withdrawn, false)
    end as is_{{ rate }}_good,
    {% endfor -%}
    -- nothing known of a rate that may speak of the ticket: no false answer, and no clean one
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    coalesce(checks.in_{{ rate }}_denominator, true) and (
        checks.is_{{ rate }}_true is null
        or (
            checks.in_{{ rate }}_denominator is null
            and coalesce(frames.{{ rate }}_denominator < frames.population, false)
        )
    ) and not coalesce(adjudications.is_withdrawn, false) as is_{{ rate }}_unknown,
    {% endfor -%}
    checks.adjudication is not null as is_adjudicated,
    checks.is_assigned,
    checks.is_as_handed_out,
    checks.draw_position,
    checks.blind_recheck_of,
    checks.caller_key,
    checks.record_kind,
    checks.called_at,
    checks.delivery_day

from {{ ref('int_spot_check_answer') }} as checks
left join {{ ref('stg_spot_check_frames') }} as frames on checks.frame_no = frames.frame_no
left join {{ ref('call_outcomes') }} as outcomes on checks.outcome = outcomes.code
left join {{ ref('adjudications') }} as adjudications on checks.adjudication = adjudications.code
