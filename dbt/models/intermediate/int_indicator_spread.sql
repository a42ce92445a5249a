{#
    How long closing takes in the middle and at the slow end: the shortest time that half, or nine tenths, of the
    complaints did not exceed (nearest rank). Percentiles do not add up, so there is one for each month and no other.
-#}
with times as (

    select month, 'platform' as scope_kind, platform_code, platform_code as scope_code, close_seconds, tickets
    from {{ ref('int_indicator_close_time') }}

    union all

    select month, 'province' as scope_kind, null as platform_code, 'all' as scope_code, close_seconds, tickets
    from {{ ref('int_indicator_close_time') }}

),

-- rows of one time are peers: the running sum counts all of them
ranked as (

    select
        *,
        sum(tickets) over (partition by month, scope_kind, scope_code order by close_seconds) as not_slower,
        sum(tickets) over (partition by month, scope_kind, scope_code) as all_tickets
    from times

)

{% for indicator_code, tenths in {
    'complaint_median_close_minutes': 5, 'complaint_p90_close_minutes': 9
}.items() -%}
select
    month,
    scope_kind,
    platform_code,
    scope_code,
    '{{ indicator_code }}' as indicator_code,
    min(close_seconds) as seconds,
    max(all_tickets) as tickets
from ranked
where 10 * not_slower >= {{ tenths }} * all_tickets
group by month, scope_kind, platform_code, scope_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
