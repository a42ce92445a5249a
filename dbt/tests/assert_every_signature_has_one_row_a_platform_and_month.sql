-- Planned again from the seeds: a signature that the models forgot, or a month that has tickets, must show up here.
with months as (

    select distinct month from {{ ref('int_platform_month') }}

    union

    select distinct month from {{ ref('mart_platform_signature') }}

    union

    select distinct accepted_month as month from {{ ref('fct_ticket') }}

),

planned as (

    select
        months.month,
        platforms.code as platform_code,
        signatures.code as signature_code
    from months
    inner join {{ ref('platforms') }} as platforms on {{ holds_on('platforms', 'months.month') }}
    cross join {{ ref('signatures') }} as signatures
    where {{ holds_on('signatures', 'months.month') }}

),

found as (

    select
        month,
        platform_code,
        signature_code,
        count(*) as found_rows
    from {{ ref('mart_platform_signature') }}
    group by all

)

select
    coalesce(planned.month, found.month) as month,
    coalesce(planned.platform_code, found.platform_code) as platform_code,
    coalesce(planned.signature_code, found.signature_code) as signature_code,
    found.found_rows

from planned
full outer join found
    on
        planned.month = found.month
        and planned.platform_code = found.platform_code
        and planned.signature_code = found.signature_code
where planned.month is null or found.found_rows is distinct from 1
