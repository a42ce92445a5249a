-- Matters of the latest months, each against the same month of the previous year.
with volumes as (

    select
        period_start as month,
        {{ add_months('period_start', 12) }} as next_year,
        platform_code,
        business_type,
        level,
        category,
        subcategory,
        concat_ws('|', business_type, category, subcategory) as series_key,
        tickets
    from {{ ref('int_topic_period_volume') }}
    where period_kind = 'month' and scope = 'platform' and business_type is not null

),

totals as (

    select
        month,
        next_year,
        platform_code,
        business_type,
        sum(tickets) as tickets
    from volumes
    where level = 'category'
    group by month, next_year, platform_code, business_type

),

watched as (

    select distinct
        totals.month,
        totals.platform_code,
        rules.minimum_tickets,
        rules.minimum_ratio,
        rules.alpha
    from totals
    inner join {{ ref('int_platform_as_of') }} as as_of on totals.platform_code = as_of.platform_code
    inner join {{ ref('topic_rise_rules') }} as rules
        on
            rules.period_kind = 'month'
            and {{ holds_on('rules', 'totals.month') }}
    where {{ seconds_between('cast(totals.month as timestamp)', 'as_of.known_until') }} <= rules.watch_days * 86400

),

this_year as (

    select volumes.*
    from volumes
    inner join watched on volumes.month = watched.month and volumes.platform_code = watched.platform_code

),

last_year as (

    select volumes.*
    from volumes
    inner join watched on volumes.next_year = watched.month and volumes.platform_code = watched.platform_code

),

-- part of a month would be a low base
known as (

    select distinct
        totals.next_year,
        totals.platform_code
    from totals
    inner join {{ ref('int_platform_month') }} as whole
        on totals.month = whole.month and totals.platform_code = whole.platform_code and whole.has_all_tickets

),

compared as (

    select
        coalesce(this_year.month, last_year.next_year) as month,
        coalesce(this_year.platform_code, last_year.platform_code) as platform_code,
        coalesce(this_year.business_type, last_year.business_type) as business_type,
        coalesce(this_year.level, last_year.level) as level,
        coalesce(this_year.category, last_year.category) as category,
        coalesce(this_year.subcategory, last_year.subcategory) as subcategory,
        coalesce(this_year.tickets, 0) as tickets,
        coalesce(last_year.tickets, 0) as baseline_tickets
    from this_year
    full outer join last_year
        on
            this_year.month = last_year.next_year
            and this_year.platform_code = last_year.platform_code
            and this_year.level = last_year.level
            and this_year.series_key = last_year.series_key

)

select
    compared.month,
    compared.platform_code,
    compared.business_type,
    compared.level,
    compared.category,
    compared.subcategory,
    compared.tickets,
    compared.baseline_tickets,
    known.next_year is not null as has_history,
    -- growth of the platform's other tickets of the type: what this matter would have grown with them
    {{ divide(
        'coalesce(this_total.tickets, 0) - compared.tickets',
        'coalesce(last_total.tickets, 0) - compared.baseline_tickets'
    ) }} as growth_of_others,
    compared.tickets >= watched.minimum_tickets as is_candidate,
    watched.minimum_ratio,
    watched.alpha

from compared
inner join watched
    on compared.month = watched.month and compared.platform_code = watched.platform_code
left join known
    on compared.month = known.next_year and compared.platform_code = known.platform_code
left join totals as this_total
    on
        compared.month = this_total.month
        and compared.platform_code = this_total.platform_code
        and compared.business_type = this_total.business_type
left join totals as last_total
    on
        compared.month = last_total.next_year
        and compared.platform_code = last_total.platform_code
        and compared.business_type = last_total.business_type
