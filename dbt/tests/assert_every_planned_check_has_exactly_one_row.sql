{{ config(tags=['quality']) }}

-- The plan is taken from the seed again, not from the mart: a check that the run forgot to plan must show up here.
with latest as (

    select * from {{ ref('quality_check') }}
    where is_latest

),

entities as (

    select distinct 'platform' as entity_kind, platform_code as entity_code from {{ ref('dim_platform') }}

    union all

    select distinct entity_kind, entity_code from latest
    where entity_kind <> 'platform'

),

planned as (

    select checks.check_code, entities.entity_code
    from {{ ref('quality_checks') }} as checks
    inner join entities on checks.entity_kind = entities.entity_kind
    -- before the first run there is nothing that could be missing
    where exists (select 1 from latest)

),

found as (

    select run_id, check_code, entity_code, is_latest, count(*) as found_rows
    from {{ ref('quality_check') }}
    group by run_id, check_code, entity_code, is_latest

)

select
    coalesce(planned.check_code, found.check_code) as check_code,
    coalesce(planned.entity_code, found.entity_code) as entity_code,
    found.run_id,
    found.found_rows

from planned
full outer join found
    on planned.check_code = found.check_code and planned.entity_code = found.entity_code and found.is_latest
where
    found.found_rows is null
    or found.found_rows > 1
    or (found.is_latest and planned.check_code is null)
