-- Weeks of the series that rose in a month or came near to it: of all series they would be most of the tickets.
with found as (

    select distinct
        {{ month_start('rises.period_start') }} as month,
        rises.platform_code,
        rises.platform_name,
        rises.business_type,
        rises.business_type_name,
        rises.level,
        rises.category,
        rises.subcategory
    from {{ ref('mart_sudden_rise') }} as rises
    inner join {{ ref('topic_rise_rules') }} as rules
        on
            rises.period_kind = rules.period_kind
            and rises.p_value < rules.alpha
            and {{ holds_on('rules', 'rises.period_start') }}

)

select
    ---------- whose, when
    found.month,
    found.platform_code,
    found.platform_name,
    found.business_type,
    found.business_type_name,
    found.level,
    found.category,
    found.subcategory,
    days.date_day,
    days.day_kind,

    ---------- count, and what it is held against where the day was tested
    coalesce(volumes.tickets, 0) as tickets,
    rises.expected_tickets,
    rises.limit_tickets,
    rises.p_value,
    rises.p_adjusted,
    coalesce(rises.is_flagged, false) as is_flagged,
    {{ origin_of('found.platform_code', 'days.date_day', "'day'") }} as origin

from found
inner join {{ ref('topic_rise_rules') }} as rules
    on
        rules.period_kind = 'day'
        and {{ holds_on('rules', 'found.month') }}
inner join {{ ref('int_topic_watch_day') }} as days
    on
        found.platform_code = days.platform_code
        and days.date_day < {{ add_months('found.month', 1) }}
        and {{ seconds_between('cast(days.date_day as timestamp)', add_months('found.month', 1)) }}
        <= rules.baseline_days * 86400
left join {{ ref('int_topic_watch_volume') }} as volumes
    on
        days.platform_code = volumes.platform_code
        and days.date_day = volumes.date_day
        and found.level = volumes.level
        and concat_ws('|', found.business_type, found.category, found.subcategory) = volumes.series_key
left join {{ ref('mart_sudden_rise') }} as rises
    on
        rises.period_kind = 'day'
        and days.date_day = rises.period_start
        and found.platform_code = rises.platform_code
        and found.business_type = rises.business_type
        and found.level = rises.level
        and found.category = rises.category
        and coalesce(found.subcategory, '') = coalesce(rises.subcategory, '')
