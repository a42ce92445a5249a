-- Counts of the tickets whose time limit ended in a month: the unclosed among them stay in the denominator.
select
    {{ month_start('due_at') }} as month,
    platform_code,
    count(*) filter (where business_type = 'complaint') as complaints_due,
    count(*) filter (where business_type = 'complaint' and is_on_time) as complaints_due_on_time,
    count(*) filter (where business_type = 'complaint' and close_seconds <= 24 * 3600) as complaints_due_24h,
    count(*) filter (where business_type = 'complaint' and close_seconds <= 5 * 24 * 3600) as complaints_due_5d,
    count(*) filter (where business_type <> 'complaint') as others_due,
    count(*) filter (where business_type <> 'complaint' and is_on_time) as others_due_on_time,
    count(*) filter (where not is_due) as due_not_yet_due

from {{ ref('fct_ticket') }}

where due_at is not null

group by {{ month_start('due_at') }}, platform_code
