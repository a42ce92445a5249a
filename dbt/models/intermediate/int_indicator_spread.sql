{#
    How long closing takes in the middle and at the slow end: the shortest time that half, or nine tenths, of the
    complaints did not exceed (nearest rank). Percentiles do not add up, so there is one for each month and no other.

    And how long complaints take on average when those that are still open count with their age so far, each with at most
    longest_age_days: who leaves a ticket open never looks better than who closed it, and no month changes for ever.
-#}
with times as (

    select month, 'platform' as scope_kind, platform_code, platform_code as scope_code, close_seconds, tickets
    from {{ ref('int_indicator_close_time') }}

    union all

    select month, 'province' as scope_kind, null as platform_code, 'all' as scope_code, close_seconds, tickets
    from {{ ref('int_indicator_close_time') }}

),

-- by the month of the ticket, because an open one has no month of closure
aged as (

    select ticket_month as month, platform_code, close_seconds as seconds, tickets, false as is_open
    from {{ ref('int_indicator_close_time') }}

    union all

    select ticket_month as month, platform_code, open_seconds as seconds, tickets, true as is_open
    from {{ ref('int_indicator_open_time') }}

),

restricted as (

    select
        aged.*,
        least(aged.seconds, parameters.longest_age_days * 86400) as counted_seconds,
        aged.is_open and aged.seconds < parameters.longest_age_days * 86400 as is_pending
    from aged
    inner join {{ ref('indicator_parameters') }} as parameters on {{ holds_on('parameters', 'aged.month') }}

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
    max(all_tickets) as tickets,
    0 as pending
from ranked
where 10 * not_slower >= {{ tenths }} * all_tickets
group by month, scope_kind, platform_code, scope_code
union all

{% endfor -%}
{% for scope_kind, platform_code, scope_code in [
    ('platform', 'platform_code', 'platform_code'), ('province', 'cast(null as varchar)', "'all'")
] -%}
select
    month,
    '{{ scope_kind }}' as scope_kind,
    {{ platform_code }} as platform_code,
    {{ scope_code }} as scope_code,
    'complaint_avg_minutes_with_open' as indicator_code,
    cast({{ ratio_half_up('sum(counted_seconds * tickets)', 'sum(tickets)', 0) }} as bigint) as seconds,
    sum(tickets) as tickets,
    coalesce(sum(tickets) filter (where is_pending), 0) as pending
from restricted
group by all
{% if not loop.last %}
union all

{% endif -%}
{% endfor %}
