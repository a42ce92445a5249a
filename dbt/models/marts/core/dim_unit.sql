with named as (

    select handling_unit as unit_name, platform_code
    from {{ ref('fct_ticket') }}

    union

    select events.unit_name, tickets.platform_code
    from {{ ref('fct_ticket_event') }} as events
    inner join {{ ref('fct_ticket') }} as tickets
        on events.ticket_no = tickets.ticket_no

)

select
    unit_name,
    platform_code

from named
where unit_name is not null
