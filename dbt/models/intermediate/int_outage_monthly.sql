-- Minutes without network in each month that the outage feed reaches; months that nobody knows tickets of are left out.
with ordered as (

    select
        *,
        max(counted_until) over (
            partition by platform_code order by started_at, counted_until
            rows between unbounded preceding and 1 preceding
        ) as reached
    from {{ ref('fct_outage') }}

),

-- of an outage that overlaps an earlier one, only what goes beyond it
uncovered as (

    select
        platform_code,
        greatest(started_at, coalesce(reached, started_at)) as started_at,
        counted_until
    from ordered
    where counted_until > coalesce(reached, started_at)

),

months as (

    select days.date_day as month, {{ add_months('days.date_day', 1) }} as month_end
    from {{ ref('dim_date') }} as days
    where extract(day from days.date_day) = 1

),

clipped as (

    select
        uncovered.platform_code,
        months.month,
        sum({{ seconds_between(
            'greatest(uncovered.started_at, months.month)', 'least(uncovered.counted_until, months.month_end)'
        ) }}) as outage_seconds
    from uncovered
    inner join months
        on uncovered.started_at < months.month_end and uncovered.counted_until > months.month
    group by uncovered.platform_code, months.month

),

watched as (

    -- silence means no outage from the first month that the feed tells of
    select
        {{ month_start('least(min(outages.started_at), min(feeds.first_delivery_day) - interval 1 day)') }}
            as first_month,
        max(feeds.known_until) as known_until
    from {{ ref('int_feed_as_of') }} as feeds
    left join {{ ref('fct_outage') }} as outages on true
    where feeds.feed = 'platform_outages'

),

accepted as (

    select month, platform_code
    from {{ ref('int_indicator_count') }}
    where scope_kind = 'platform' and tickets > 0

),

lasting as (

    select platform_code, min(started_at) as lasts_since
    from {{ ref('fct_outage') }}
    where not is_over
    group by platform_code

)

select
    coalesce(clipped.month, accepted.month) as month,
    coalesce(clipped.platform_code, accepted.platform_code) as platform_code,
    {{ ratio_half_up('coalesce(clipped.outage_seconds, 0)', '60', 4) }} as outage_minutes,
    {{ add_months('coalesce(clipped.month, accepted.month)', 1) }} <= watched.known_until
    and coalesce(lasting.lasts_since >= {{ add_months('coalesce(clipped.month, accepted.month)', 1) }}, true)
        as is_mature

from clipped
full join accepted
    on clipped.month = accepted.month and clipped.platform_code = accepted.platform_code
inner join watched
    on
        coalesce(clipped.month, accepted.month) >= watched.first_month
        and coalesce(clipped.month, accepted.month) < watched.known_until
left join lasting on coalesce(clipped.platform_code, accepted.platform_code) = lasting.platform_code
