-- What the platform claims of a frame: as frozen with it; of checks without a frame, as reported for the month.
{% for rate in ['callback', 'close', 'satisfaction'] -%}
select
    frames.frame_no,
    '{{ rate }}' as rate,
    case when frames.is_recorded then recorded.{{ rate }}_text else reported.reported_text end as reported_text,
    recorded.{{ rate }}_denominator as denominator

from {{ ref('int_spot_check_frame') }} as frames
left join {{ ref('stg_spot_check_frames') }} as recorded on frames.frame_no = recorded.frame_no
left join {{ ref('fct_reported_indicator') }} as reported
    on
        frames.month = reported.month
        and frames.platform_code = reported.platform_code
        and reported.indicator_code = '{{ rate }}'
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
