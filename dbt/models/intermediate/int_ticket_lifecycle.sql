with events as (

    select * from {{ changed_rows(ref('fct_ticket_event')) }}

),

steps as (

    select
        ticket_no,

        min(occurred_at) filter (where event_type = 'dispatch') as dispatched_at,
        min(occurred_at) filter (where event_type = 'first_contact') as first_contact_at,
        min(occurred_at) filter (where event_type = 'close') as first_closed_at,
        max_by(occurred_at, event_seq) filter (where event_type = 'close') as last_closed_at,
        min(occurred_at) filter (where event_type = 'callback') as callback_recorded_at,

        max_by(to_status, event_seq) as status,

        count(*) filter (where event_type = 'return') as return_count,
        count(*) filter (where event_type = 'rework') as rework_count,
        count(*) filter (where event_type = 'instant_answer') > 0 as is_instant_answer

    from events
    group by ticket_no

),

closed as (

    select
        ticket_no,
        dispatched_at,
        first_contact_at,
        first_closed_at,
        callback_recorded_at,
        return_count,
        rework_count,
        is_instant_answer,

        -- the closure in force: one that was taken back by a rework or a new dispatch closed nothing
        case when status in ('closed', 'archived') then last_closed_at end as closed_at

    from steps

)

select * from closed
