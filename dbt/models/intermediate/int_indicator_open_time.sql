-- How old the complaints are that are still open, to the second, as far as their platform is known.
select
    {{ month_start('tickets.ticket_day') }} as ticket_month,
    tickets.platform_code,
    greatest({{ seconds_between('tickets.accepted_at', 'as_of.known_until') }}, 0) as open_seconds,
    count(*) as tickets

from {{ ref('fct_ticket') }} as tickets
inner join {{ ref('int_platform_as_of') }} as as_of on tickets.platform_code = as_of.platform_code

where tickets.business_type = 'complaint' and not tickets.is_closed and not tickets.is_implausible

group by all
