{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
with tickets as (

    select
        *,
        {{ month_start('accepted_at') }} as accepted_month
    from {{ changed_rows(ref('stg_tickets')) }}

),

joined as (

    select
        tickets.*,
        {{ origin_of_ticket('tickets') }} as origin,
        lifecycle.dispatched_at,
        lifecycle.first_contact_at,
        lifecycle.first_closed_at,
        lifecycle.closed_at,
        lifecycle.callback_recorded_at,
        coalesce(lifecycle.return_count, 0) as return_count,
        coalesce(lifecycle.rework_count, 0) as rework_count,
        -- of what the call itself may settle
        coalesce(lifecycle.is_instant_answer and types.may_be_answered_at_once, false) as is_instant_answer,
        callbacks.called_back_at,
        callbacks.is_satisfied_in_call,
        ratings.is_satisfied,
        repeats.same_matter_before_at,
        repeats.same_incident_before_at,
        parameters.repeat_window_days,
        parameters.incident_days,
        dues.due_at,
        dues.limit_ends_at,
        dues.time_limit_code,
        dues.extension_count,
        dues.suspended_since,
        coalesce(dues.is_due_provisional, false) as is_due_provisional,
        implausible.implausible_reasons,
        as_of.known_until,
        case
            when dues.limit_ends_at is not null then coalesce(dues.due_at <= as_of.known_until, false)
        end as is_due

    from tickets
    left join {{ ref('int_ticket_due') }} as dues on tickets.ticket_no = dues.ticket_no
    left join {{ ref('int_ticket_implausible') }} as implausible on tickets.ticket_no = implausible.ticket_no
    left join {{ ref('int_ticket_lifecycle') }} as lifecycle on tickets.ticket_no = lifecycle.ticket_no
    left join {{ ref('int_ticket_callback') }} as callbacks on tickets.ticket_no = callbacks.ticket_no
    left join {{ ref('int_ticket_repeat') }} as repeats on tickets.ticket_no = repeats.ticket_no
    left join {{ ref('ratings') }} as ratings on tickets.rating = ratings.code
    left join {{ ref('business_types') }} as types on tickets.business_type = types.code
    left join {{ ref('int_platform_as_of') }} as as_of on tickets.platform_code = as_of.platform_code
    left join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'tickets.accepted_month') }}

)

select
    ---------- ids
    ticket_no,
    platform_code,
    handed_over_by,
    caller_key,

    ---------- classification
    business_type,
    domain,
    category,
    subcategory,
    complexity,
    channel,
    district,
    enterprise_name,
    handling_unit,

    ---------- timestamps
    accepted_at,
    accepted_month,
    due_at,
    limit_ends_at,
    stated_due_at,
    suspended_since,
    taken_over_at,
    dispatched_at,
    first_contact_at,
    first_closed_at,
    closed_at,
    callback_recorded_at,
    called_back_at,

    ---------- outcome
    rating,
    resolution,
    is_satisfied,
    is_satisfied_in_call,
    is_instant_answer,
    closed_at is not null as is_closed,
    is_due,
    is_due_provisional,
    time_limit_code,
    extension_count,
    case
        when stated_due_at in (limit_ends_at, due_at) then 0
        else {{ seconds_between('coalesce(due_at, limit_ends_at)', 'stated_due_at') }}
    end as stated_due_excess_seconds,
    implausible_reasons is not null as is_implausible,
    implausible_reasons,
    case
        -- what cannot be true shows nothing to be in time
        when closed_at is not null then closed_at <= due_at and implausible_reasons is null
        when is_due then false
    end as is_on_time,
    -- by what the platform states: beside the rule, never instead of it
    case
        when stated_due_at is null then null
        when closed_at is not null then closed_at <= stated_due_at and implausible_reasons is null
        when stated_due_at <= known_until then false
    end as is_on_time_as_stated,
    case when implausible_reasons is null then {{ seconds_between('accepted_at', 'closed_at') }} end as close_seconds,
    cast(return_count as integer) as return_count,
    cast(rework_count as integer) as rework_count,
    coalesce(
        {{ seconds_between('same_matter_before_at', 'accepted_at') }} <= repeat_window_days * 86400, false
    ) as is_repeat,
    coalesce(
        {{ seconds_between('same_incident_before_at', 'accepted_at') }} > incident_days * 86400, true
    ) as opens_incident,
    closing_text,

    ---------- lineage
    delivery_day,
    delivered_at,
    file_hash,
    file_row_number,
    origin,
    ticket_day,
    {{ this_build() }} as built_in

from joined
{{ sorted_by_day() }}
