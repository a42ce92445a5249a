-- Of the connected calls of a ticket the last, and the one whose rating counts: the latest that gave one.
with calls as (

    select
        callbacks.*,
        coalesce(ratings.is_rated, false) as is_rated,
        row_number() over (
            partition by callbacks.ticket_no
            order by
                coalesce(ratings.is_rated, false) desc, callbacks.called_at desc, callbacks.sender_code desc,
                callbacks.callback_no desc
        ) as place
    from {{ changed_rows(ref('fct_callback')) }} as callbacks
    left join {{ ref('ratings') }} as ratings on callbacks.rating = ratings.code
    where callbacks.is_connected

)

select
    ticket_no,
    max(called_at) as last_called_at,
    max(called_at) filter (where place = 1 and is_rated) as rated_call_at,
    max(duration_seconds) filter (where place = 1 and is_rated) as rated_call_seconds,
    max(callback_phone_key) filter (where place = 1 and is_rated) as rated_call_number,
    max(operator_key) filter (where place = 1 and is_rated) as rated_call_by
from calls
group by ticket_no
