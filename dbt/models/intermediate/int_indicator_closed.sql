-- Counts of the tickets closed in a month: unclosed tickets are not seen here.
select
    {{ month_start('closed_at') }} as month,
    platform_code,
    count(*) as closed,
    count(*) filter (where return_count = 0 and rework_count = 0 and closed_at = first_closed_at) as closed_first_time,
    count(*) filter (where dispatched_at is not null) as dispatched_closed,
    count(*) filter (where dispatched_at is not null and called_back_at is not null) as dispatched_called_back,
    count(*) filter (where business_type = 'complaint') as complaints_closed_in_month,
    count(*) filter (where business_type = 'complaint' and due_at is not null) as complaints_closed_with_limit,
    count(*) filter (where business_type = 'complaint' and is_on_time) as complaints_closed_on_time,
    count(*) filter (where business_type = 'complaint' and close_seconds <= 24 * 3600) as complaints_closed_24h,
    count(*) filter (where business_type = 'complaint' and close_seconds <= 5 * 24 * 3600) as complaints_closed_5d,
    sum(close_seconds) filter (where business_type = 'complaint') as complaint_close_seconds,
    count(*) filter (where business_type = 'complaint' and is_satisfied_in_call is not null)
        as complaints_rated_in_call,
    count(*) filter (where business_type = 'complaint' and is_satisfied_in_call) as complaints_satisfied_in_call,
    count(*) filter (where business_type <> 'complaint' and due_at is not null) as others_closed_with_limit,
    count(*) filter (where business_type <> 'complaint' and is_on_time) as others_closed_on_time

from {{ ref('fct_ticket') }}

where closed_at is not null

group by {{ month_start('closed_at') }}, platform_code
