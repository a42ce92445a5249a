-- What the telephone system's own log says of a ticket; the ticket system's word is in fct_ticket_event.
with calls as (

    select
        callbacks.ticket_no,
        callbacks.called_at,
        callbacks.callback_no,
        callbacks.sender_code,
        ratings.is_rated,
        ratings.is_satisfied
    from {{ changed_rows(ref('fct_callback')) }} as callbacks
    left join {{ ref('ratings') }} as ratings on callbacks.rating = ratings.code
    where callbacks.is_connected

)

select
    ticket_no,
    min(called_at) as called_back_at,

    -- the latest rating given in a call counts; ordered by number too, so that two calls in one second do not swap
    max_by(is_satisfied, (called_at, callback_no, sender_code)) filter (where is_rated) as is_satisfied_in_call

from calls
group by ticket_no
