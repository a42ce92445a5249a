-- Tickets whose times or steps cannot be true, with every reason. Nothing is corrected: which of two is wrong nobody
-- knows.
with steps as (

    select
        events.ticket_no,
        min(events.occurred_at) filter (where events.event_type = 'close') as first_closed_at,
        -- a system may note the acceptance before it dates it
        min(events.occurred_at) filter (where events.event_type <> 'accept') as first_step_at,
        min(events.status_seconds) as shortest_span,
        -- an answer in the call is the first that happens: it cannot stand behind a dispatch or a closure
        min(events.event_seq) filter (where events.event_type = 'instant_answer')
        > min(events.event_seq) filter (
            where events.event_type = 'close' or (types.holder_after is not null and events.event_type <> 'accept')
        ) as is_answered_after_step
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    left join {{ ref('event_types') }} as types on events.event_type = types.code
    group by events.ticket_no

),

calls as (

    select ticket_no, min(called_at) as first_called_at
    from {{ changed_rows(ref('fct_callback')) }}
    group by ticket_no

),

judged as (

    select
        tickets.ticket_no,
        concat_ws(
            '|',
            case when steps.first_closed_at < tickets.accepted_at then 'closed_before_accepted' end,
            case when steps.first_step_at < tickets.accepted_at then 'step_before_accepted' end,
            case when calls.first_called_at < tickets.accepted_at then 'called_before_accepted' end,
            case when steps.shortest_span < 0 then 'steps_out_of_order' end,
            case when tickets.stated_due_at < tickets.accepted_at then 'due_before_accepted' end,
            case when tickets.ticket_day <> cast(tickets.accepted_at as date) then 'number_of_another_day' end,
            case when steps.is_answered_after_step then 'answered_after_step' end
        ) as implausible_reasons
    from {{ changed_rows(ref('stg_tickets')) }} as tickets
    left join steps on tickets.ticket_no = steps.ticket_no
    left join calls on tickets.ticket_no = calls.ticket_no

)

select * from judged
where implausible_reasons <> ''
