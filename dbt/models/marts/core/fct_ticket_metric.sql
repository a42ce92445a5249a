{{ config(materialized='incremental', incremental_strategy='replace_tickets') }}
with joined as (

    select
        tickets.ticket_no,
        tickets.ticket_day,
        tickets.platform_code,
        tickets.business_type,
        tickets.accepted_month,
        tickets.accepted_at,
        tickets.due_at,
        tickets.limit_ends_at,
        tickets.stated_due_at,
        tickets.is_on_time_as_stated,
        tickets.suspended_since,
        tickets.is_due,
        tickets.closed_at,
        tickets.is_implausible,
        spans.accepted_at as accept_recorded_at,
        spans.answered_at,
        spans.dispatched_at,
        spans.contacted_at,
        {% for moment in ('accepted', 'answered', 'dispatched', 'contacted') -%}
        spans.{{ moment }}_working_clock,
        {% endfor -%}
        {% for time_class in ('centre', 'transit', 'handling') -%}
        spans.{{ time_class }}_seconds,
        spans.{{ time_class }}_working_seconds,
        {% endfor -%}
        spans.suspended_working_seconds,
        {% for count in ('assignment', 'return', 'rework', 'reopen', 'urge', 'supervision') -%}
        spans.{{ count }}_count,
        {% endfor -%}
        coalesce(handovers.handover_count, 0) as handover_count,
        coalesce(handovers.ping_pong_count, 0) as ping_pong_count,
        ratings.first_rating,
        ratings.latest_rating,
        ratings.rating_changes,
        ratings.good_to_bad_count,
        ratings.bad_to_good_count,
        returns.liable_return_count,
        reviews.review_count,
        reviews.failed_review_count,
        coalesce(reviews.is_reclassified, false) as is_reclassified,
        bad_reviews.bad_review_count,
        bad_reviews.bad_review_fixed_count,
        resolutions.is_resolved,
        tickets.first_contact_at,
        contacts.ticket_no is not null as is_contact_required,
        contacts.contact_due_at,
        as_of.known_until,
        coalesce(contacts.is_contact_due_provisional, false) as is_contact_due_provisional,
        coalesce(spans.suspended_seconds, 0) as suspended_seconds,
        -- the clock of the limit has stopped; while it runs, what it shows would change from day to day
        coalesce(tickets.closed_at, case when tickets.suspended_since is not null then spans.last_event_at end)
            as stopped_at,
        case
            when tickets.limit_ends_at is null then null
            when tickets.closed_at is not null then tickets.closed_at > tickets.due_at or tickets.is_implausible
            else tickets.is_due
        end as is_sla_breached

    from {{ changed_rows(ref('fct_ticket')) }} as tickets
    left join {{ ref('int_ticket_span') }} as spans on tickets.ticket_no = spans.ticket_no
    left join {{ ref('int_ticket_handover') }} as handovers on tickets.ticket_no = handovers.ticket_no
    left join {{ ref('int_ticket_rating') }} as ratings on tickets.ticket_no = ratings.ticket_no
    left join {{ ref('int_ticket_return') }} as returns on tickets.ticket_no = returns.ticket_no
    left join {{ ref('int_ticket_review') }} as reviews on tickets.ticket_no = reviews.ticket_no
    left join {{ ref('int_ticket_bad_review') }} as bad_reviews on tickets.ticket_no = bad_reviews.ticket_no
    left join {{ ref('int_ticket_contact') }} as contacts on tickets.ticket_no = contacts.ticket_no
    left join {{ ref('resolutions') }} as resolutions on tickets.resolution = resolutions.code
    left join {{ ref('int_platform_as_of') }} as as_of on tickets.platform_code = as_of.platform_code

)

select
    ---------- ids
    ticket_no,
    platform_code,
    business_type,
    accepted_month,

    ---------- response
    {{ if_plausible(seconds_between('accept_recorded_at', 'answered_at')) }} as first_response_seconds,
    {{ if_plausible('answered_working_clock - accepted_working_clock') }} as first_response_working_seconds,
    {{ if_plausible(seconds_between('dispatched_at', 'contacted_at')) }} as first_contact_seconds,
    {{ if_plausible('contacted_working_clock - dispatched_working_clock') }} as first_contact_working_seconds,
    is_contact_required,
    contact_due_at,
    is_contact_due_provisional,
    case
        when contact_due_at is null then null
        when first_contact_at is not null then first_contact_at <= contact_due_at and not is_implausible
        -- nobody called: certain once the limit of the call is over, however long the ticket stays open
        when closed_at is not null or contact_due_at <= known_until then false
    end as is_first_contact_in_time,

    ---------- time in each class of status
    {% for time_class in ('centre', 'transit', 'handling', 'suspended') -%}
    {{ if_plausible('cast(coalesce(' ~ time_class ~ '_seconds, 0) as bigint)') }} as {{ time_class }}_seconds,
    {{ if_plausible('cast(coalesce(' ~ time_class ~ '_working_seconds, 0) as bigint)') }}
        as {{ time_class }}_working_seconds,
    {% endfor -%}
    {{ if_plausible('cast(coalesce(centre_seconds + transit_seconds + handling_seconds, 0) as bigint)') }}
        as requester_wait_seconds,
    {{ if_plausible(
        'cast(coalesce(centre_working_seconds + transit_working_seconds + handling_working_seconds, 0) as bigint)'
    ) }} as requester_wait_working_seconds,

    ---------- counts
    {% for count in (
        'assignment', 'handover', 'ping_pong', 'return', 'liable_return', 'rework', 'reopen', 'urge', 'supervision',
        'review', 'failed_review', 'bad_review', 'bad_review_fixed'
    ) -%}
    cast(coalesce({{ count }}_count, 0) as integer) as {{ count }}_count,
    {% endfor -%}
    cast(greatest(coalesce(return_count, 0) - 1, 0) as integer) as second_return_count,
    closed_at is not null
    and not is_implausible
    and coalesce(assignment_count, 0) <= 1
    and handover_count = 0
    and coalesce(return_count + reopen_count, 0) = 0 as is_one_touch,
    is_reclassified,
    is_resolved,

    ---------- rating
    first_rating,
    latest_rating,
    cast(coalesce(rating_changes, 0) as integer) as rating_changes,
    cast(coalesce(good_to_bad_count, 0) as integer) as good_to_bad_count,
    cast(coalesce(bad_to_good_count, 0) as integer) as bad_to_good_count,

    ---------- time limit
    {{ seconds_between('accepted_at', 'limit_ends_at') }} as sla_target_seconds,
    {{ if_plausible('cast(' ~ seconds_between('accepted_at', 'stopped_at') ~ ' - suspended_seconds as bigint)') }}
        as sla_elapsed_seconds,
    due_at as sla_due_at,
    is_sla_breached,
    stated_due_at as sla_stated_due_at,
    not is_on_time_as_stated as is_stated_due_breached,
    case when is_sla_breached then due_at end as sla_breached_at,
    case when is_sla_breached and not is_implausible then {{ seconds_between('due_at', 'closed_at') }} end
        as sla_breach_seconds,
    limit_ends_at is not null and closed_at is null and suspended_since is null as is_sla_active,

    ---------- lineage
    ticket_day,
    {{ this_build() }} as built_in
from joined
{{ sorted_by_day() }}
