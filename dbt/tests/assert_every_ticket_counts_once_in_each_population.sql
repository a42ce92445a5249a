{# In a build of changes, the months that changed. -#}
with facts as (

    {% for population, instant in {'accepted': 'accepted_at', 'due': 'due_at', 'closed': 'closed_at'}.items() -%}
    select
        {{ month_start('ticket_day') }} as ticket_month,
        '{{ population }}' as population,
        {{ month_start(instant) }} as month,
        platform_code,
        count(*) as tickets
    from {{ rows_of_changed_months(ref('fct_ticket')) }}
    where {{ instant }} is not null
    group by all
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

),

counted as (

    select
        ticket_month,
        population,
        month,
        platform_code,
        sum(tickets + due + closed) as tickets
    from {{ rows_of_changed_months(ref('mart_ticket_count_daily'), 'ticket_month') }}
    where tickets + due + closed > 0  -- a ticket that waits is pending and counts nowhere else
    group by all

)

select facts.*, counted.tickets as counted_tickets
from facts
full join counted
    on
        facts.ticket_month = counted.ticket_month
        and facts.population = counted.population
        and facts.month = counted.month
        and facts.platform_code = counted.platform_code
where facts.tickets is distinct from counted.tickets
