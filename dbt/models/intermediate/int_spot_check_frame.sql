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

)

select
    frame_no,
    {{ month_start('period_from') }} as month,
    period_from,
    platform_code,
    kind,
    true as is_recorded,
    population,
    'frame' as population_source,
    planned,
    frozen_at
from {{ ref('stg_spot_check_frames') }}

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
    null as frozen_at
from unrecorded
left join published on unrecorded.month = published.month and unrecorded.platform_code = published.platform_code
left join counted on unrecorded.month = counted.month and unrecorded.platform_code = counted.platform_code
