-- Whether the checks of a frame are the random draw that was announced, by the frozen list and the public value.
with listed as (

    select
        tickets.frame_no,
        tickets.ticket_no,
        row_number() over (
            partition by tickets.frame_no
            order by {{ sha256("draws.value || ',' || tickets.ticket_no") }}, tickets.ticket_no
        ) as draw_place
    from {{ ref('stg_spot_check_frame_tickets') }} as tickets
    left join {{ ref('stg_spot_check_draws') }} as draws on tickets.frame_no = draws.frame_no

),

lists as (

    select
        frame_no,
        count(*) as tickets,
        {{ sha256(joined_texts('ticket_no', '\n', 'ticket_no') ~ " || '\n'") }} as list_sha256
    from listed
    group by frame_no

),

called as (

    select
        results.frame_no,
        count(*) as tickets,
        max(listed.draw_place) as last_place,
        count(*) filter (where results.is_reached) as reached,
        count(*) filter (where listed.ticket_no is null) as unlisted
    from {{ ref('int_spot_check_result') }} as results
    left join listed on results.frame_no = listed.frame_no and results.ticket_no = listed.ticket_no
    where not results.is_outside
    group by results.frame_no

)

select
    frames.frame_no,
    coalesce(draws.drawn, 0) as drawn,
    draws.revealed_at,
    case
        when recorded.frame_no is null or draws.frame_no is null then 'unrecorded'
        -- that the frame was frozen is believed as far as its delivery bears it out
        when
            recorded.randomness is null
            or draws.revealed_at <= recorded.frozen_at
            or cast(draws.revealed_at as date) < recorded.delivery_day
            then 'known_before'
        when coalesce(lists.list_sha256 <> recorded.list_sha256 or lists.tickets <> recorded.population, true)
            then 'list_differs'
        -- reserves follow in the order of the draw
        when called.unlisted > 0 or called.last_place > greatest(draws.drawn, called.tickets) then 'not_as_drawn'
        -- nobody calls on until the result is as wanted
        when coalesce(draws.drawn <> recorded.planned, true) or called.reached > draws.drawn then 'not_as_planned'
        else 'random'
    end as design

from {{ ref('int_spot_check_frame') }} as frames
left join {{ ref('stg_spot_check_frames') }} as recorded on frames.frame_no = recorded.frame_no
left join {{ ref('stg_spot_check_draws') }} as draws on frames.frame_no = draws.frame_no
left join lists on frames.frame_no = lists.frame_no
left join called on frames.frame_no = called.frame_no
