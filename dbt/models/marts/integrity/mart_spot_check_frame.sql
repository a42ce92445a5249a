-- How far a round of spot checks has come: what was frozen, drawn, handed out and answered.
with handed_out as (

    select
        assignments.frame_no,
        count(*) filter (where assignments.blind_recheck_of is null) as handed_out,
        count(*) filter (where assignments.blind_recheck_of is not null) as rechecks,
        count(answers.check_no) filter (where assignments.blind_recheck_of is null) as answered,
        count(answers.check_no) filter (where assignments.blind_recheck_of is not null) as rechecks_answered
    from {{ ref('stg_spot_check_assignments') }} as assignments
    left join {{ ref('int_spot_check_answer') }} as answers
        on assignments.check_no = answers.check_no and answers.is_as_handed_out
    group by assignments.frame_no

),

altered as (

    select
        frame_no,
        sum(altered) as altered,
        count(*) filter (where is_before_draw) as before_draw
    from {{ ref('int_spot_check_answer') }}
    group by frame_no

),

-- complaints of the period that came after the list was frozen: nobody could draw them
unlisted as (

    select
        frames.frame_no,
        count(*) as tickets
    from {{ ref('stg_spot_check_frames') }} as frames
    inner join {{ ref('spot_check_kinds') }} as kinds
        on frames.kind = kinds.code and (kinds.is_judged or kinds.is_weekly)
    inner join {{ ref('fct_ticket') }} as tickets
        on
            frames.platform_code = tickets.platform_code
            and tickets.business_type = 'complaint'
            and frames.period_from <= tickets.accepted_at
            and case
                when kinds.is_weekly then {{ add_seconds('frames.period_from', '604800') }}
                else {{ add_months('frames.period_from', '1') }}
            end > tickets.accepted_at
    left join {{ ref('stg_spot_check_frame_tickets') }} as lists
        on frames.frame_no = lists.frame_no and tickets.ticket_no = lists.ticket_no
    where lists.ticket_no is null
    group by frames.frame_no

)

select
    frames.frame_no,
    {{ month_start('frames.period_from') }} as month,
    frames.period_from,
    frames.platform_code,
    platforms.name_zh as platform_name,
    frames.kind,
    kinds.name_zh as kind_name,
    cast(frames.population as bigint) as population,
    cast(frames.planned as bigint) as planned,
    cast(coalesce(unlisted.tickets, 0) as bigint) as unlisted,
    frames.list_sha256,
    frames.frozen_at,
    frames.delivery_day,
    frames.randomness,
    draws.value,
    draws.revealed_at,
    designs.design,
    names.name_zh as design_name,
    cast(coalesce(draws.drawn, 0) as bigint) as drawn,
    cast(coalesce(handed_out.handed_out, 0) as bigint) as handed_out,
    cast(coalesce(handed_out.answered, 0) as bigint) as answered,
    cast(coalesce(handed_out.handed_out - handed_out.answered, 0) as bigint) as open_calls,
    cast(coalesce(handed_out.rechecks, 0) as bigint) as rechecks,
    cast(coalesce(handed_out.rechecks_answered, 0) as bigint) as rechecks_answered,
    cast(coalesce(altered.altered, 0) as bigint) as altered,
    cast(coalesce(altered.before_draw, 0) as bigint) as before_draw,
    running.is_running

from {{ ref('stg_spot_check_frames') }} as frames
inner join {{ ref('int_spot_check_design') }} as designs on frames.frame_no = designs.frame_no
inner join {{ ref('int_spot_check_running') }} as running on frames.frame_no = running.frame_no
left join {{ ref('stg_spot_check_draws') }} as draws on frames.frame_no = draws.frame_no
left join handed_out on frames.frame_no = handed_out.frame_no
left join unlisted on frames.frame_no = unlisted.frame_no
left join altered on frames.frame_no = altered.frame_no
left join {{ ref('draw_designs') }} as names on designs.design = names.code
left join {{ ref('spot_check_kinds') }} as kinds on frames.kind = kinds.code
left join {{ ref('stg_platforms') }} as platforms on frames.platform_code = platforms.code
