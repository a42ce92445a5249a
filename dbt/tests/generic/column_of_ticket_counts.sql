{# A count that is not made would be an indicator without a figure, in silence. #}
{% test column_of_ticket_counts(model, column_name, others=[]) %}
select {{ column_name }}
from {{ model }}
where not list_contains({{ literals(ticket_count_names() + others) }}, {{ column_name }})
{% endtest %}
