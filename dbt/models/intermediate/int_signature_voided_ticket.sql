-- Tickets that a platform sent, or took over, and voided again, by the month of their number: a voided ticket is in no
-- rate, so how many there are must not go unseen. What was handed over is the receiver's to void: it counts for whoever
-- had it, also when both have voided it, and goes back to the first platform when the receiver alone has.
with taken_over as (

    select
        origin.ticket_day,
        origin.ticket_no,
        receiver.platform_code,
        receiver.is_deleted,
        -- the first platform's row speaks of nothing that it had
        origin.is_deleted or not receiver.is_deleted as is_gone
    from {{ ref('base_tickets') }} as origin
    inner join {{ ref('base_tickets') }} as receiver
        on
            origin.ticket_day = receiver.ticket_day
            and origin.ticket_no = receiver.ticket_no
            and origin.handed_over_to = receiver.sender_code
            and origin.sender_code = receiver.handed_over_from
    where origin.is_own and not receiver.is_own

),

held as (

    select
        own.ticket_day,
        own.platform_code,
        own.is_deleted
    from {{ ref('base_tickets') }} as own
    left join taken_over
        on own.ticket_day = taken_over.ticket_day and own.ticket_no = taken_over.ticket_no
    where own.is_own and not coalesce(taken_over.is_gone, false)

    union all

    select
        ticket_day,
        platform_code,
        is_deleted
    from taken_over

)

select
    {{ month_start('ticket_day') }} as month,
    platform_code,
    count(*) as eligible,
    count(case when is_deleted then 1 end) as hits,
    cast(count(case when is_deleted then 1 end) as varchar) as evidence

from held
group by all
