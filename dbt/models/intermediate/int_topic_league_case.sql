-- Companies by period, each beside the group that it is compared with: its platform's companies of the same business.
with in_periods as (

    {% for period_kind in ('month', 'quarter', 'year') -%}
    select
        '{{ period_kind }}' as period_kind,
        cast(date_trunc('{{ period_kind }}', month) as date) as period_start,
        *
    from {{ ref('int_topic_company_month') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

companies as (

    select
        period_kind,
        period_start,
        platform_code,
        enterprise_key,
        max(enterprise_code) as enterprise_code,
        max_by(enterprise_name, month) as enterprise_name,
        max_by(category, month) as category,
        count(*) as months,
        max_by(vehicles, month) as vehicles,
        -- an exposure that is known for some months only must not be set against the complaints of all
        case when count(vehicles) = count(*) then sum(vehicles) end as vehicle_months,
        case when count(trips_10k) = count(*) then sum(trips_10k) end as trip_months_10k,
        cast(sum(complaints) as bigint) as complaints,
        cast(sum(incidents) as bigint) as incidents,
        cast(sum(rated) as bigint) as rated,
        cast(sum(satisfied) as bigint) as satisfied,
        cast(sum(judged) as bigint) as judged,
        cast(sum(resolved) as bigint) as resolved
    from in_periods
    group by period_kind, period_start, platform_code, enterprise_key

),

ruled as (

    select
        companies.*,
        rules.confidence,
        rules.alpha,
        rules.minimum_ratio,
        rules.minimum_judged,
        coalesce(companies.vehicle_months >= rules.minimum_vehicles * companies.months, false) as is_ranked
    from companies
    inner join {{ ref('topic_league_rules') }} as rules on {{ holds_on('rules', 'companies.period_start') }}

)

select
    *,
    cast(count(vehicle_months) over same_business as bigint) as group_companies,
    cast(sum(case when vehicle_months is not null then complaints end) over same_business as bigint)
        as group_complaints,
    cast(sum(case when vehicle_months is not null then incidents end) over same_business as bigint)
        as group_incidents,
    cast(sum(vehicle_months) over same_business as bigint) as group_vehicle_months

from ruled

window same_business as (partition by period_kind, period_start, platform_code, category)
