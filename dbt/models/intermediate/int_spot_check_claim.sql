-- What the platform claims of a frame: as frozen with it; of checks without a frame, as reported for the month.
{% for rate in ['callback', 'close', 'satisfaction'] -%}
{% set text = 'case when frames.is_recorded then recorded.' ~ rate ~ '_text else reported.reported_text end' -%}
select
    frames.frame_no,
    '{{ rate }}' as rate,
    -- what no rate can be, or of nothing, claims nothing: it is as good as withheld
    case
        when recorded.{{ rate }}_denominator = 0 then null
        when cast({{ text }} as decimal(18, 4)) between 0 and 100 then {{ text }}
    end as reported_text,
    recorded.{{ rate }}_denominator as denominator

from {{ ref('int_spot_check_frame') }} as frames
left join {{ ref('stg_spot_check_frames') }} as recorded on frames.frame_no = recorded.frame_no
left join {{ ref('int_reported_before_check') }} as reported
    on frames.frame_no = reported.frame_no and reported.rate = '{{ rate }}'
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
