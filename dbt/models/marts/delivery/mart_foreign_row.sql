-- Rows about tickets of others: they change nothing. Ingest refuses them; what is here passed it as handed over, or
-- came before it refused.
with spoken as (

    {% for feed, relation in {
        'tickets': 'base_tickets', 'ticket_events': 'base_ticket_events', 'callbacks': 'base_callbacks'
    }.items() -%}
    select
        '{{ feed }}' as feed,
        sender_code,
        delivery_day,
        ticket_day,
        ticket_no
    from {{ ref(relation) }}
    where not is_own and not is_deleted
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

)

select
    spoken.sender_code as platform_code,
    spoken.feed,
    {{ month_start('spoken.delivery_day') }} as month,
    count(*) as foreign_rows,
    count(distinct spoken.ticket_no) as tickets,
    min(spoken.ticket_no) as example_ticket_no

from spoken
-- left, and then only those without one: the receiver of a ticket speaks of its own
left join {{ ref('stg_handed_over_tickets') }} as handed
    on
        spoken.ticket_day = handed.ticket_day
        and spoken.ticket_no = handed.ticket_no
        and spoken.sender_code = handed.owner_code

where handed.ticket_no is null

group by spoken.sender_code, spoken.feed, {{ month_start('spoken.delivery_day') }}
