{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
-- What a ticket has spent in each stage of its life. The status counts: a call that is noted before the closure is no
-- callback after it, and to archive a ticket is none either.
with passed_on as (

    select
        events.ticket_no,
        min(events.event_seq) as first_seq
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    inner join {{ ref('event_types') }} as types on events.event_type = types.code
    where types.reopens or (types.holder_after is not null and types.code <> 'accept')
    group by events.ticket_no

),

-- who answers in the call keeps nobody waiting, until the ticket is passed on all the same
waiting as (

    select
        tickets.ticket_no,
        tickets.ticket_day,
        {{ month_start('tickets.ticket_day') }} as ticket_month,
        tickets.platform_code,
        tickets.accepted_at,
        tickets.is_implausible,
        case when tickets.is_instant_answer then passed_on.first_seq else 0 end as first_seq
    from {{ changed_rows(ref('fct_ticket')) }} as tickets
    left join passed_on on tickets.ticket_no = passed_on.ticket_no
    where not tickets.is_instant_answer or passed_on.first_seq is not null

),

steps as (

    select
        events.ticket_no,
        waiting.ticket_month,
        events.event_seq,
        events.event_type,
        events.occurred_at,
        events.to_status,
        coalesce(events.from_status <> events.to_status, true) as is_new_status,
        count(*) filter (where coalesce(events.from_status <> events.to_status, true)) over life as status_no
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    inner join waiting on events.ticket_no = waiting.ticket_no and events.event_seq >= waiting.first_seq
    window life as (partition by events.ticket_no order by events.event_seq)

),

placed as (

    select
        steps.*,
        max(stages.sort_order) over (
            partition by steps.ticket_no, steps.status_no order by steps.event_seq
        ) as stage_order
    from steps
    left join {{ ref('ticket_stages') }} as stages
        on
            steps.to_status = stages.status
            and {{ holds_on('stages', 'steps.ticket_month') }}
            and case
                when stages.begins_with is null then steps.is_new_status
                else steps.event_type = stages.begins_with
            end

),

turns as (

    select
        *,
        lag(stage_order) over (partition by ticket_no order by event_seq) as order_before
    from placed

),

visits as (

    select
        *,
        lead(occurred_at) over life as left_at,
        lead(event_type) over life as left_by
    from turns
    where stage_order is distinct from order_before
    window life as (partition by ticket_no order by event_seq)

),

-- no event tells of it: accepted and nothing since, or whoever sends no events would keep nobody waiting
untold as (

    select
        ticket_no,
        ticket_month,
        accepted_at as occurred_at,
        null as left_at,
        null as left_by,
        1 as event_seq,
        1 as stage_order
    from waiting
    where ticket_no not in (select steps.ticket_no from steps)

),

spent as (

    select ticket_no, ticket_month, occurred_at, left_at, left_by, event_seq, stage_order from visits
    union all
    select ticket_no, ticket_month, occurred_at, left_at, left_by, event_seq, stage_order from untold

)

select
    spent.ticket_no,
    tickets.ticket_day,
    tickets.platform_code,
    stages.code as stage,
    count(*) as visits,
    case
        when not tickets.is_implausible
            then coalesce(sum({{ seconds_between('spent.occurred_at', 'spent.left_at') }}), 0)
    end as seconds,
    max(spent.occurred_at) filter (where spent.left_at is null) as in_since,
    max_by(
        position('|' || coalesce(spent.left_by, '') || '|' in '|' || stages.awaited_steps || '|') > 0, spent.event_seq
    ) as is_left_by_step,
    {{ this_build() }} as built_in

from spent
inner join waiting as tickets on spent.ticket_no = tickets.ticket_no
inner join {{ ref('ticket_stages') }} as stages
    on
        spent.stage_order = stages.sort_order
        and stages.awaited_steps is not null
        and {{ holds_on('stages', 'spent.ticket_month') }}
group by spent.ticket_no, tickets.ticket_day, tickets.platform_code, tickets.is_implausible, stages.code
{{ sorted_by_day() }}
