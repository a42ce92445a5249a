-- Returns whose reason makes the unit liable; a reason that no list knows makes nobody liable.
select
    events.ticket_no,
    count(*) as liable_return_count

from {{ changed_rows(ref('fct_ticket_event')) }} as events
inner join {{ ref('return_reasons') }} as reasons on {{ names_code('events.result', 'reasons') }}

where
    events.event_type = 'return'
    and reasons.is_liable

group by events.ticket_no
