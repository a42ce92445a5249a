-- Tickets of which a row, a step or a call lies in a file that was taken as simulated, counting or not.
{% for feed in ('tickets', 'ticket_events', 'callbacks') -%}
select
    delivered.ticket_day,
    delivered.ticket_no
from {{ ref('base_' ~ feed) }} as delivered
inner join {{ ref('int_simulated_file') }} as files
    on
        files.feed = '{{ feed }}'
        and delivered.sender_code = files.sender_code
        and delivered.delivery_day = files.delivery_day
        and delivered.file_hash = files.content_hash
{% if not loop.last %}
union
{% endif %}
{% endfor %}
