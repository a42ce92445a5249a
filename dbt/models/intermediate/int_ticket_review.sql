select
    events.ticket_no,
    count(*) as review_count,
    count(*) filter (where not results.is_passed) as failed_review_count,
    coalesce(bool_or(results.is_reclassified), false) as is_reclassified

from {{ changed_rows(ref('fct_ticket_event')) }} as events
-- left: a review whose result cannot be read is a review, though neither passed nor failed
left join {{ ref('review_results') }} as results on {{ names_code('events.result', 'results') }}

where events.event_type = 'review'

group by events.ticket_no
