-- Each blind second call beside the first, both as handed out: what confirms a finding, and how often callers differ.
select
    seconds.check_no,
    firsts.check_no as first_check_no,
    seconds.frame_no,
    seconds.ticket_no,
    seconds.platform_code,
    {{ month_start('answered.called_at') }} as month,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    answered.is_{{ rate }}_true as is_first_{{ rate }}_true,
    repeated.is_{{ rate }}_true as is_second_{{ rate }}_true,
    firsts.is_{{ rate }}_good as is_first_{{ rate }}_good,
    seconds.is_{{ rate }}_good as is_second_{{ rate }}_good,
    {% endfor -%}
    coalesce(firsts.record_kind, seconds.record_kind) is not null as has_record,
    coalesce(barrier.is_running, false) as is_running

from {{ ref('int_spot_check_call') }} as firsts
inner join {{ ref('int_spot_check_call') }} as seconds
    on
        firsts.check_no = seconds.blind_recheck_of
        and firsts.ticket_no = seconds.ticket_no
        and firsts.caller_key <> seconds.caller_key
inner join {{ ref('int_spot_check_answer') }} as answered on firsts.check_no = answered.check_no
inner join {{ ref('int_spot_check_answer') }} as repeated on seconds.check_no = repeated.check_no
left join {{ ref('int_spot_check_barrier') }} as barrier on seconds.check_no = barrier.check_no
where firsts.is_as_handed_out and seconds.is_as_handed_out
