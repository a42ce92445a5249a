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
    coalesce(outcomes.is_reached, true) as is_reached,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    case
        when not coalesce(outcomes.is_reached, true) then null
        when
            coalesce(
                checks.in_{{ rate }}_denominator,
                frames.{{ rate }}_denominator is null or frames.{{ rate }}_denominator >= frames.population
            )
            then checks.is_{{ rate }}_true or coalesce(adjudications.is_withdrawn, false)
    end as is_{{ rate }}_good,
    {% endfor -%}
    checks.adjudication is not null as is_adjudicated,
    checks.blind_recheck_of,
    checks.caller_key,
    checks.record_kind,
    checks.called_at,
    checks.delivery_day

from {{ ref('stg_spot_checks') }} as checks
left join {{ ref('stg_spot_check_frames') }} as frames
    on checks.frame_no = frames.frame_no and checks.platform_code = frames.platform_code
left join {{ ref('call_outcomes') }} as outcomes on checks.outcome = outcomes.code
left join {{ ref('adjudications') }} as adjudications on checks.adjudication = adjudications.code
