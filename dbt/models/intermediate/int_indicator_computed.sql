{#
    code, population, numerator, denominator, tickets of the population that may still change,
    then the same rate among closed tickets where that hides the unclosed.
#}
{%- set indicators = [
    ('tickets_per_10k', 'accepted', 'tickets', 'population_10k', '0', 'null', 'null'),
    ('instant_answer', 'accepted', 'consultations_instant', 'consultations', '0', 'null', 'null'),
    ('non_complaint_on_time_close', 'due', 'others_due_on_time', 'others_due', 'due_not_yet_due',
        'others_closed_on_time', 'others_closed_with_limit'),
    ('complaint_on_time_close', 'due', 'complaints_due_on_time', 'complaints_due', 'due_not_yet_due',
        'complaints_closed_on_time', 'complaints_closed_with_limit'),
    ('complaint_24h_close', 'due', 'complaints_due_24h', 'complaints_due', 'due_not_yet_due',
        'complaints_closed_24h', 'complaints_closed_in_month'),
    ('complaint_5d_close', 'due', 'complaints_due_5d', 'complaints_due', 'due_not_yet_due',
        'complaints_closed_5d', 'complaints_closed_in_month'),
    ('complaint_avg_close_minutes', 'closed', 'complaint_close_minutes', 'complaints_closed_in_month', '0',
        'null', 'null'),
    ('transferred_callback', 'closed', 'dispatched_called_back', 'dispatched_closed', '0', 'null', 'null'),
    ('first_time_close', 'closed', 'closed_first_time', 'closed', '0', 'null', 'null'),
    ('complaint_callback_satisfaction', 'closed', 'complaints_satisfied_in_call', 'complaints_rated_in_call', '0',
        'null', 'null'),
    ('callback', 'accepted', 'complaints_closed_called_back', 'complaints_closed', 'accepted_not_yet_due',
        'null', 'null'),
    ('close', 'accepted', 'complaints_closed', 'complaints', 'accepted_not_yet_due', 'null', 'null'),
    ('satisfaction', 'accepted', 'complaints_satisfied', 'complaints_rated', 'accepted_not_yet_due', 'null', 'null'),
] -%}

{% for code, population, numerator, denominator, open_tickets, closed_numerator, closed_denominator in indicators -%}
select
    month,
    platform_code,
    '{{ code }}' as indicator_code,
    '{{ population }}' as population,
    cast({{ numerator }} as decimal(18, 4)) as numerator,
    cast({{ denominator }} as decimal(18, 4)) as denominator,
    cast({{ closed_numerator }} as decimal(18, 4)) as closed_numerator,
    cast({{ closed_denominator }} as decimal(18, 4)) as closed_denominator,
    is_month_known and coalesce({{ open_tickets }}, 0) = 0 as is_mature

from {{ ref('int_platform_month') }}

where
    {{ denominator }} > 0
    and {{ numerator }} is not null
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
