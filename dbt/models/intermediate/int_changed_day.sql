-- Days of changed tickets: which days' links are made anew with them, and from which day on these read.
with reach as (

    select 86400 * max(window_days) as seconds
    from {{ ref('text_rules') }}
    where topic = 'ticket_cluster'

)

select distinct
    changed.ticket_day as first_day,
    cast({{ add_seconds('cast(changed.ticket_day as timestamp)', 'reach.seconds') }} as date) as last_day,
    cast({{ add_seconds('cast(changed.ticket_day as timestamp)', '-reach.seconds') }} as date) as read_from

from {{ ref('int_changed_ticket') }} as changed
cross join reach
