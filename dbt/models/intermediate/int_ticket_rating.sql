with given as (

    select
        events.ticket_no,
        events.event_seq,
        ratings.code as rating,
        ratings.is_satisfied,
        lag(ratings.code) over life as previous_rating,
        lag(ratings.is_satisfied) over life as was_satisfied
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    -- inner join: what is no rating (not rated, unreadable) neither changes a rating nor takes it back
    inner join {{ ref('ratings') }} as ratings
        on
            ratings.is_rated
            and {{ names_code('events.result', 'ratings') }}
    where events.event_type = 'rate'
    window life as (partition by events.ticket_no order by events.event_seq)

)

select
    ticket_no,
    min_by(rating, event_seq) as first_rating,
    max_by(rating, event_seq) as latest_rating,
    count(*) filter (where rating <> previous_rating) as rating_changes,
    count(*) filter (where was_satisfied and not is_satisfied) as good_to_bad_count,
    count(*) filter (where not was_satisfied and is_satisfied) as bad_to_good_count

from given
group by ticket_no
