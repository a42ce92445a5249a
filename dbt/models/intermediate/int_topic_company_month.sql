-- Months of companies: registered ones in every month that their platform has tickets of, others when one names them.
with months as (

    select distinct
        month,
        platform_code,
        cast({{ add_months('month', 1) }} - interval '1 day' as date) as last_day
    from {{ ref('mart_category_monthly') }}

),

registered as (

    -- the version in force at the end of the month
    select
        months.month,
        enterprises.platform_code,
        enterprises.enterprise_code,
        enterprises.enterprise_name,
        enterprises.category,
        nullif(enterprises.vehicles, 0) as vehicles,
        nullif(enterprises.trips_10k, 0) as trips_10k
    from months
    inner join {{ ref('dim_enterprise') }} as enterprises
        on
            months.platform_code = enterprises.platform_code
            and {{ holds_on('enterprises', 'months.last_day') }}

),

names as (

    -- a ticket may use a name that the company no longer has; the newest bearer of a name is meant
    select
        platform_code,
        enterprise_name,
        max_by(enterprise_code, (valid_from, enterprise_code)) as enterprise_code
    from {{ ref('dim_enterprise') }}
    group by platform_code, enterprise_name

),

complaints as (

    select
        counted.month,
        counted.platform_code,
        names.enterprise_code,
        coalesce(names.enterprise_code, counted.enterprise_name) as enterprise_key,
        max(counted.enterprise_name) as enterprise_name,
        sum(counted.tickets) as complaints,
        sum(counted.incidents) as incidents,
        sum(counted.rated) as rated,
        sum(counted.satisfied) as satisfied,
        sum(counted.judged) as judged,
        sum(counted.resolved) as resolved
    from {{ ref('int_topic_enterprise_month') }} as counted
    inner join {{ ref('topic_populations') }} as populations
        on
            counted.business_type = populations.business_type
            and populations.topic = 'enterprise_league'
            and {{ holds_on('populations', 'counted.month') }}
    left join names
        on counted.platform_code = names.platform_code and counted.enterprise_name = names.enterprise_name
    group by
        counted.month,
        counted.platform_code,
        names.enterprise_code,
        coalesce(names.enterprise_code, counted.enterprise_name)

)

select
    coalesce(registered.month, complaints.month) as month,
    coalesce(registered.platform_code, complaints.platform_code) as platform_code,
    coalesce(registered.enterprise_code, complaints.enterprise_key) as enterprise_key,
    coalesce(registered.enterprise_code, complaints.enterprise_code) as enterprise_code,
    coalesce(registered.enterprise_name, complaints.enterprise_name) as enterprise_name,
    registered.category,
    registered.vehicles,
    registered.trips_10k,
    coalesce(complaints.complaints, 0) as complaints,
    coalesce(complaints.incidents, 0) as incidents,
    coalesce(complaints.rated, 0) as rated,
    coalesce(complaints.satisfied, 0) as satisfied,
    coalesce(complaints.judged, 0) as judged,
    coalesce(complaints.resolved, 0) as resolved

from registered
full outer join complaints
    on
        registered.month = complaints.month
        and registered.platform_code = complaints.platform_code
        and registered.enterprise_code = complaints.enterprise_key
