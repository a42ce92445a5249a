-- Tickets that another platform owns than the one whose number they bear. Both must say so: a platform can neither get
-- rid of a ticket by itself nor take one away. What the first platform says of it afterwards is no longer its own: when
-- it voids its row, the ticket stays the receiver's.
select
    origin.ticket_day,
    origin.ticket_no,
    origin.sender_code as handed_over_by,
    receiver.sender_code as owner_code,
    origin.accepted_at as first_accepted_at,
    receiver.accepted_at as taken_over_at

from {{ ref('base_tickets') }} as origin
inner join {{ ref('base_tickets') }} as receiver
    on
        origin.ticket_day = receiver.ticket_day
        and origin.ticket_no = receiver.ticket_no
        and origin.handed_over_to = receiver.sender_code
        and origin.sender_code = receiver.handed_over_from

where
    origin.is_own
    and not receiver.is_own
    and not receiver.is_deleted
