{# A count that is not made would be an indicator without a figure, in silence. #}
{% test column_of_ticket_counts(model, column_name, others=[]) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} not in ('{{ (ticket_count_names() + others) | join("', '") }}')
{% endtest %}
