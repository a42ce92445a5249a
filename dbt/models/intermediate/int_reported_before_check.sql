-- What a platform had reported when its unrecorded checks came in: the last version until then, else the first after.
-- Who sends a humbler rate once the calls are known is held to the one that they were made for.
with checked as (

    select frame_no, month, platform_code, min(delivery_day) as checked_on
    from {{ ref('int_spot_check_call') }}
    where not is_of_frame
    group by frame_no, month, platform_code

),

ranked as (

    select
        checked.frame_no,
        versions.indicator_code as rate,
        versions.reported_text,
        row_number() over (
            partition by checked.frame_no, versions.indicator_code
            order by
                (versions.delivery_day <= checked.checked_on) desc,
                case when versions.delivery_day <= checked.checked_on then versions.delivery_day end desc,
                versions.delivery_day asc,
                versions.delivered_at desc,
                versions.file_hash desc,
                versions.file_row_number desc
        ) as place
    from checked
    inner join {{ ref('stg_reported_versions') }} as versions
        on checked.month = versions.month and checked.platform_code = versions.platform_code
    where versions.indicator_code in ('callback', 'close', 'satisfaction')

)

select frame_no, rate, reported_text
from ranked
where place = 1
