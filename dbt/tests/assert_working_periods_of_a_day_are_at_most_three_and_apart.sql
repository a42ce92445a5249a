-- dim_working_day has room for three periods, and time that two periods share would count twice.
with pairs as (

    select
        one.calendar,
        one.day_type,
        one.starts_at,
        one.valid_from,
        count(*) as periods_at_once,
        count(*) filter (where one.ends_at > other.starts_at and other.ends_at > one.starts_at) as periods_sharing_time
    from {{ ref('working_periods') }} as one
    inner join {{ ref('working_periods') }} as other
        on
            one.calendar = other.calendar
            and one.day_type = other.day_type
            and {{ holds_on('other', 'one.valid_from') }}
    group by one.calendar, one.day_type, one.starts_at, one.valid_from

)

select * from pairs
where periods_at_once > 3 or periods_sharing_time > 1

union all

select
    calendar,
    day_type,
    starts_at,
    valid_from,
    0 as periods_at_once,
    0 as periods_sharing_time
from {{ ref('working_periods') }}
where starts_at >= ends_at
