-- What was checked or planned to be: recorded frames, and one a month and platform for checks without one.
with published as (

    -- what the province published of a month stands, whatever tickets are delivered later
    select
        month,
        platform_code,
        cast(max(stated_value * scale) as bigint) as complaints
    from {{ ref('int_claim_figure') }}
    where
        measure = 'tickets' and business_type = 'complaint' and period = 'month' and platform_code is not null
        and coalesce(domain_group, category, subcategory) is null and is_from_tickets
    group by month, platform_code

),

counted as (

    select month, platform_code, cast(sum(tickets) as bigint) as complaints
    from {{ ref('mart_volume_monthly') }}
    where business_type = 'complaint'
    group by month, platform_code

),

unrecorded as (

    select distinct frame_no, month, platform_code
    from {{ ref('int_spot_check_call') }}
    where not is_of_frame

),

-- a week may reach into a month without a simulated row, or out of one
simulated as (

    select distinct lists.frame_no
    from {{ ref('stg_spot_check_frame_tickets') }} as lists
    inner join {{ ref('fct_ticket') }} as tickets on lists.ticket_no = tickets.ticket_no
    where tickets.origin = 'simulated'

)

select
    frames.frame_no,
    {{ month_start('frames.period_from') }} as month,
    frames.period_from,
    frames.platform_code,
    frames.kind,
    true as is_recorded,
    frames.population,
    'frame' as population_source,
    frames.planned,
    frames.frozen_at,
    case
        when simulated.frame_no is not null then 'simulated'
        else {{ origin_of('frames.platform_code', 'frames.period_from') }}
    end as calls_origin
from {{ ref('stg_spot_check_frames') }} as frames
left join simulated on frames.frame_no = simulated.frame_no

union all

select
    unrecorded.frame_no,
    unrecorded.month,
    unrecorded.month as period_from,
    unrecorded.platform_code,
    'monthly' as kind,
    false as is_recorded,
    coalesce(published.complaints, counted.complaints) as population,
    case when published.complaints is not null then 'published' when counted.complaints is not null then 'tickets' end
        as population_source,
    null as planned,
    null as frozen_at,
    -- what a bulletin says of its own calls and complaints owes nothing to the tickets of this installation
    case
        when published.complaints is not null then 'real'
        else {{ origin_of('unrecorded.platform_code', 'unrecorded.month') }}
    end as calls_origin
from unrecorded
left join published on unrecorded.month = published.month and unrecorded.platform_code = published.platform_code
left join counted on unrecorded.month = counted.month and unrecorded.platform_code = counted.platform_code
