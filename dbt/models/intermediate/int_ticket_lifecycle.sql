with events as (

    select
        events.*,
        -- somebody else was to have it, or had it
        types.holder_after is not null and events.event_type <> 'accept' as is_handover
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    left join {{ ref('event_types') }} as types on events.event_type = types.code

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
        min(event_seq) filter (where event_type = 'instant_answer') as answered_seq,
        min(event_seq) filter (where event_type = 'close') as first_close_seq,
        min(event_seq) filter (where is_handover) as first_handover_seq

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
        -- answered and closed by whoever took the call; an answer that is noted later is none
        coalesce(answered_seq < first_close_seq, answered_seq is not null)
        and coalesce(first_handover_seq > coalesce(first_close_seq, answered_seq), true) as is_instant_answer,

        -- the closure in force: one that was taken back by a rework or a new dispatch closed nothing
        case when status in ('closed', 'archived') then last_closed_at end as closed_at

    from steps

)

select * from closed
