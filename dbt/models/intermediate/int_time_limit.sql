with jurisdictions as (

    select code as platform_code
    from {{ ref('stg_platforms') }}

    union

    select platform_code
    from {{ ref('int_time_limit_rule') }}
    where platform_code is not null

),

kinds as (

    select
        jurisdictions.platform_code,
        types.code as business_type,
        complexities.code as complexity
    from jurisdictions
    cross join {{ ref('business_types') }} as types
    cross join {{ ref('complexities') }} as complexities

),

fitting as (

    select
        kinds.*,
        rules.code,
        rules.limited_step,
        rules.specificity,
        rules.valid_from,
        rules.valid_to
    from kinds
    inner join {{ ref('int_time_limit_rule') }} as rules
        on
            coalesce(kinds.platform_code = rules.platform_code, true)
            and coalesce(kinds.business_type = rules.business_type, true)
            and coalesce(kinds.complexity = rules.complexity, true)

),

-- which rules hold changes on these days only
turns as (

    select platform_code, business_type, complexity, limited_step, valid_from from fitting
    union
    select platform_code, business_type, complexity, limited_step, valid_to from fitting

),

periods as (

    select
        *,
        lead(valid_from) over (
            partition by platform_code, business_type, complexity, limited_step order by valid_from
        ) as valid_to
    from turns

),

ranked as (

    select
        periods.*,
        fitting.code,
        row_number() over (
            partition by
                periods.platform_code,
                periods.business_type,
                periods.complexity,
                periods.limited_step,
                periods.valid_from
            order by fitting.specificity desc, fitting.code asc
        ) as place
    from periods
    inner join fitting
        on
            periods.platform_code = fitting.platform_code
            and periods.business_type = fitting.business_type
            and periods.complexity = fitting.complexity
            and periods.limited_step = fitting.limited_step
            -- what holds on its first day holds to its last
            and {{ holds_on('fitting', 'periods.valid_from') }}

)

select
    ranked.platform_code,
    ranked.business_type,
    ranked.complexity,
    ranked.limited_step,
    ranked.valid_from,
    ranked.valid_to,
    ranked.code as time_limit_code,
    rules.amount,
    rules.unit,
    rules.ends_at,
    rules.calendar,
    rules.extension_amount,
    rules.most_extensions

from ranked
inner join {{ ref('int_time_limit_rule') }} as rules
    on ranked.code = rules.code and {{ holds_on('rules', 'ranked.valid_from') }}

where ranked.place = 1
