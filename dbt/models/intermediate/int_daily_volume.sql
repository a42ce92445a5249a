-- Tickets of a day: of each platform, all cities, all operators, the province. Null where nothing was delivered.
with counted as (

    select
        day as date_day,
        platform_code,
        sum(tickets) as tickets,
        sum(complaints) as complaints
    from {{ ref('mart_ticket_count_daily') }}
    where population = 'accepted'
    group by day, platform_code

),

platform_days as (

    select
        deliveries.date_day,
        deliveries.platform_code,
        platforms.platform_kind,
        deliveries.is_delivered,
        case when deliveries.is_delivered then coalesce(counted.tickets, 0) end as tickets,
        case when deliveries.is_delivered then coalesce(counted.complaints, 0) end as complaints
    from {{ ref('int_daily_delivery') }} as deliveries
    inner join {{ ref('stg_platforms') }} as platforms on deliveries.platform_code = platforms.code
    left join counted
        on deliveries.date_day = counted.date_day and deliveries.platform_code = counted.platform_code

),

scopes as (

    select
        date_day,
        platform_code,
        platform_kind,
        case
            when grouping(platform_code) = 0 then 'platform'
            when grouping(platform_kind) = 0 then 'platform_kind'
            else 'province'
        end as scope_kind,
        count(*) as senders,
        count(*) filter (where is_delivered) as senders_delivered,
        cast(sum(tickets) as bigint) as tickets,
        cast(sum(complaints) as bigint) as complaints
    from platform_days
    group by grouping sets ((date_day, platform_kind, platform_code), (date_day, platform_kind), (date_day))

)

{% for measure in ['tickets', 'complaints'] -%}
select
    date_day,
    scope_kind,
    coalesce(platform_code, platform_kind, 'province') as scope_code,
    platform_kind,
    platform_code,
    '{{ measure }}' as measure,
    senders,
    senders_delivered,
    {{ measure }} as tickets

from scopes
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
