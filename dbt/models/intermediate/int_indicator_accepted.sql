-- Counts of the tickets accepted in a month.
select
    accepted_month as month,
    platform_code,
    count(*) as tickets,
    count(*) filter (where business_type = 'consultation') as consultations,
    count(*) filter (where business_type = 'consultation' and is_instant_answer) as consultations_instant,
    count(*) filter (where business_type = 'complaint') as complaints,
    count(*) filter (where business_type = 'complaint' and is_closed) as complaints_closed,
    count(*) filter (where business_type = 'complaint' and is_closed and called_back_at is not null)
        as complaints_closed_called_back,
    count(*) filter (where business_type = 'complaint' and is_satisfied is not null) as complaints_rated,
    count(*) filter (where business_type = 'complaint' and is_satisfied) as complaints_satisfied,
    count(*) filter (where not is_closed and not is_due) as accepted_not_yet_due

from {{ ref('fct_ticket') }}

group by accepted_month, platform_code
