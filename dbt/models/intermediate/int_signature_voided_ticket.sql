-- Tickets that their platform sent and voided again, by the month of their number: a voided ticket is in no rate, so
-- how many there are must not go unseen.
select
    {{ month_start('ticket_day') }} as month,
    platform_code,
    count(*) as eligible,
    count(case when is_deleted then 1 end) as hits,
    cast(count(case when is_deleted then 1 end) as varchar) as evidence

from {{ ref('base_tickets') }}
where is_own
group by all
