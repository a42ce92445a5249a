-- Calls that the province alone may see yet: of a running round, and those whose number nobody was given and which may
-- be of one, by platform or ticket, since they came after its freeze.
with running as (

    select frame_no, platform_code, frozen_on
    from {{ ref('int_spot_check_running') }}
    where is_running

),

listed as (

    select lists.ticket_no, min(running.frozen_on) as frozen_on
    from running
    inner join {{ ref('stg_spot_check_frame_tickets') }} as lists on running.frame_no = lists.frame_no
    group by lists.ticket_no

),

platforms as (

    select platform_code, min(frozen_on) as frozen_on
    from running
    group by platform_code

)

select
    calls.check_no,
    calls.frame_no,
    calls.is_of_frame,
    running.frame_no is not null
    or (
        not calls.is_assigned
        and coalesce(calls.delivery_day >= least(platforms.frozen_on, listed.frozen_on), false)
    ) as is_running

from {{ ref('int_spot_check_call') }} as calls
left join running on calls.frame_no = running.frame_no
left join platforms on calls.platform_code = platforms.platform_code
left join listed on calls.ticket_no = listed.ticket_no
