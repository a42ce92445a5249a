{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
-- What a ticket leaves behind in its steps and calls, for the signatures; one row a ticket, so that they need no step.
with events as (

    select
        events.*,
        no_steps.code is null as is_step,
        appeals.code is not null as is_appeal
    from {{ changed_rows(ref('fct_ticket_event')) }} as events
    left join {{ ref('signature_lists') }} as no_steps
        on
            no_steps.list_code = 'no_step'
            and events.event_type = no_steps.code
            and {{ holds_on('no_steps', 'events.occurred_at') }}
    left join {{ ref('signature_lists') }} as appeals
        on
            appeals.list_code = 'appeal'
            and events.event_type = appeals.code
            and {{ holds_on('appeals', 'events.occurred_at') }}

),

steps as (

    select
        ticket_no,
        max_by(operator_key, event_seq) filter (where event_type = 'close') as closed_by,
        min(event_seq) filter (where event_type = 'close') as first_close_seq,
        min(event_seq) filter (where is_step) as first_step_seq,
        max(event_seq) filter (where event_type = 'archive') as archive_seq,
        max(occurred_at) filter (where event_type = 'archive') as archived_at,
        max(event_seq) filter (where is_appeal) as appeal_seq,
        max(event_seq) filter (where event_type = 'rate') as rate_seq,
        max_by(occurred_at, event_seq) filter (where event_type = 'rate') as rated_at,
        max(occurred_at) as last_step_at,
        count(*) filter (where event_type = 'suspend') as suspensions,
        count(*) filter (where event_type = 'extension') as extensions
    from events
    group by ticket_no

),

extended as (

    select
        extensions.ticket_no,
        extensions.event_seq,
        count(*) as returns
    from events as extensions
    inner join {{ ref('signature_limits') }} as limits
        on limits.signature = 'returned_before_extension' and {{ holds_on('limits', 'extensions.occurred_at') }}
    inner join events as returns
        on
            extensions.ticket_no = returns.ticket_no
            and returns.event_type = 'return'
            and extensions.event_seq > returns.event_seq
            and {{ seconds_between('returns.occurred_at', 'extensions.occurred_at') }} <= limits.tolerance
    where extensions.event_type = 'extension'
    group by extensions.ticket_no, extensions.event_seq

),

returned as (

    select ticket_no, max(returns) as returns_before_extension
    from extended
    group by ticket_no

)

select
    ---------- ids
    tickets.ticket_no,
    tickets.platform_code,
    tickets.caller_key,
    steps.closed_by,
    tickets.handling_unit,

    ---------- classification
    tickets.accepted_month as month,
    tickets.business_type,
    tickets.category,
    tickets.subcategory,
    tickets.channel,

    ---------- life
    tickets.accepted_at,
    tickets.due_at,
    tickets.first_closed_at,
    tickets.closed_at,
    tickets.dispatched_at,
    tickets.is_instant_answer,
    steps.first_step_seq < steps.first_close_seq as is_handled,
    coalesce(steps.suspensions, 0) as suspensions,
    coalesce(steps.extensions, 0) as extensions,
    coalesce(returned.returns_before_extension, 0) as returns_before_extension,
    steps.last_step_at,

    ---------- outcome
    tickets.closing_text is not null as has_closing_text,
    tickets.rating,
    coalesce(ratings.is_rated, false) as is_rated,
    coalesce(tickets.is_satisfied, false) as is_satisfied,
    steps.rated_at,
    steps.archived_at,
    coalesce(
        steps.rate_seq > steps.archive_seq and coalesce(steps.appeal_seq < steps.archive_seq, true), false
    ) as is_rated_after_archive,

    ---------- calls
    called.last_called_at,
    called.rated_call_at,
    called.rated_call_seconds,
    called.rated_call_number,
    called.rated_call_by,

    ---------- lineage
    tickets.delivered_at,
    tickets.ticket_day,
    {{ this_build() }} as built_in

from {{ changed_rows(ref('fct_ticket')) }} as tickets
left join steps on tickets.ticket_no = steps.ticket_no
left join returned on tickets.ticket_no = returned.ticket_no
left join {{ ref('int_ticket_rated_call') }} as called on tickets.ticket_no = called.ticket_no
left join {{ ref('ratings') }} as ratings on tickets.rating = ratings.code
{{ sorted_by_day() }}
