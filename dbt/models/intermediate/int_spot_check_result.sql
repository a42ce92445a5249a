-- One result a frame and ticket: the last adjudicated one, else what the caller said first. Whoever is called again
-- until he says something else counts once.
with ranked as (

    select
        calls.*,
        count(*) over (partition by calls.frame_no, calls.ticket_key) as calls,
        row_number() over (
            partition by calls.frame_no, calls.ticket_key
            order by
                calls.is_as_handed_out desc,
                calls.is_adjudicated desc,
                case when calls.is_adjudicated then calls.called_at end desc nulls last,
                (calls.blind_recheck_of is not null) asc,
                calls.is_reached desc,
                calls.called_at asc nulls last,
                calls.delivery_day asc,
                calls.check_no asc
        ) as place,
        coalesce(not calls.is_callback_good, false)
        or coalesce(not calls.is_close_good, false)
        or coalesce(not calls.is_satisfaction_good, false) as is_bad,
        calls.is_callback_unknown or calls.is_close_unknown or calls.is_satisfaction_unknown as is_unknown
    from {{ ref('int_spot_check_call') }} as calls

),

confirmed as (

    -- bad to a second caller who did not know of the first, and borne out by one record
    select distinct
        firsts.frame_no,
        firsts.ticket_key
    from ranked as firsts
    inner join ranked as seconds
        on
            firsts.frame_no = seconds.frame_no
            and firsts.ticket_key = seconds.ticket_key
            and firsts.check_no = seconds.blind_recheck_of
            and firsts.caller_key <> seconds.caller_key
    where
        firsts.is_bad and seconds.is_bad and firsts.is_as_handed_out and seconds.is_as_handed_out
        and coalesce(firsts.record_kind, seconds.record_kind) is not null

),

lists as (

    select distinct frame_no
    from {{ ref('stg_spot_check_frame_tickets') }}

)

select
    ranked.frame_no,
    ranked.ticket_key,
    ranked.ticket_no,
    ranked.check_no,
    ranked.month,
    ranked.platform_code,
    ranked.draw_position,
    ranked.calls,
    ranked.is_reached,
    ranked.is_callback_good,
    ranked.is_close_good,
    ranked.is_satisfaction_good,
    ranked.is_bad,
    ranked.is_reached and not ranked.is_bad and ranked.is_unknown as is_unknown,
    ranked.is_bad and confirmed.ticket_key is not null as is_confirmed,
    case
        when not ranked.is_as_handed_out then true
        when ranked.ticket_no is null then false
        when lists.frame_no is not null then members.ticket_no is null
        -- without a list only what the warehouse knows of the ticket can tell
        else coalesce(
            tickets.platform_code <> ranked.platform_code
            or tickets.business_type <> 'complaint'
            or {{ month_start('tickets.accepted_at') }} <> ranked.month,
            false
        )
    end as is_outside

from ranked
left join confirmed on ranked.frame_no = confirmed.frame_no and ranked.ticket_key = confirmed.ticket_key
left join lists
    on ranked.is_of_frame and ranked.frame_no = lists.frame_no
left join {{ ref('stg_spot_check_frame_tickets') }} as members
    on ranked.frame_no = members.frame_no and ranked.ticket_no = members.ticket_no
left join {{ ref('fct_ticket') }} as tickets on ranked.ticket_no = tickets.ticket_no
where ranked.place = 1
