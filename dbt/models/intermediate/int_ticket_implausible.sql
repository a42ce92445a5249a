-- Tickets whose times cannot be true, with every reason. Nothing is corrected: which of two is wrong nobody knows.
with steps as (

    select
        ticket_no,
        min(occurred_at) filter (where event_type = 'close') as first_closed_at,
        -- a system may note the acceptance before it dates it
        min(occurred_at) filter (where event_type <> 'accept') as first_step_at,
        min(status_seconds) as shortest_span
    from {{ changed_rows(ref('fct_ticket_event')) }}
    group by ticket_no

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
            case when tickets.ticket_day <> cast(tickets.accepted_at as date) then 'number_of_another_day' end
        ) as implausible_reasons
    from {{ changed_rows(ref('stg_tickets')) }} as tickets
    left join steps on tickets.ticket_no = steps.ticket_no
    left join calls on tickets.ticket_no = calls.ticket_no

)

select * from judged
where implausible_reasons <> ''
