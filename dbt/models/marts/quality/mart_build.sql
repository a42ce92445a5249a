-- Made by the quality run, as the build that it tells of is finished by then.
select
    build_no,
    is_partial,
    began_at,
    finished_at,
    finished_at is not null as is_finished,
    {{ seconds_between('began_at', 'finished_at') }} as seconds,
    rank() over (order by build_no desc) = 1 as is_latest

from {{ source('record', 'builds') }}
