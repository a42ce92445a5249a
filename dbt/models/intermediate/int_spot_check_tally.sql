-- The checks of each frame, counted; what does not belong to the frame is counted apart.
select
    frame_no,
    cast(count(*) filter (where not is_outside) as bigint) as called,
    cast(count(*) filter (where not is_outside and is_reached) as bigint) as reached,
    cast(count(*) filter (where not is_outside and is_bad) as bigint) as bad,
    cast(count(*) filter (where not is_outside and is_unknown) as bigint) as unknown,
    cast(count(*) filter (where not is_outside and is_confirmed) as bigint) as bad_confirmed,
    {% for rate in ['callback', 'close', 'satisfaction'] -%}
    cast(count(*) filter (where not is_outside and not is_{{ rate }}_good) as bigint) as {{ rate }}_bad,
    {% endfor -%}
    cast(sum(calls) - count(*) as bigint) as repeated_calls,
    cast(count(*) filter (where is_outside) as bigint) as outside

from {{ ref('int_spot_check_result') }}
group by frame_no
