{#
    What is counted of tickets: population -> name of the count -> what is added up.

    A population says which day a ticket counts on: the day of its acceptance, of its time limit, or of its closure.
    Numerators and denominators of indicators are these counts by name (seed indicators), and nothing else is counted.
    `tickets` are rows of fct_ticket with the columns that mart_ticket_count_daily joins to them.

    What is still open counts against once its limit is over; until then it stays out where leaving it open would flatter, and
    is counted as pending. One that waits (suspended) is pending on the day on which its limit would have ended.

    A ticket whose times cannot be true counts in every denominator and in no numerator of a good rate: else the mark
    would be a way out. Its durations are null, so that means and percentiles are made without it.
#}
{% macro ticket_counts() %}
{%- set complaint = "business_type = 'complaint'" -%}
{%- set other = "business_type <> 'complaint'" -%}
{%- set dispatched = 'dispatched_at is not null' -%}
{%- set called_back = 'called_back_at is not null' -%}
{%- set plausible = ' and not is_implausible' -%}
{%- set due = 'due_at is not null' -%}
{%- set stated = ' and is_on_time_as_stated is not null' -%}
{%- set in_hours = 'close_seconds <= close_within_hours * 3600' -%}
{%- set in_days = 'close_seconds <= close_within_days * 86400' -%}
{{ return({
    'accepted': {
        'tickets': 'true',
        'settled': 'is_closed or coalesce(is_due, true)',
        'class_kept': 'is_closed and not is_reclassified' ~ plausible,
        'consultations': "business_type = 'consultation'",
        'consultations_instant': "business_type = 'consultation' and is_instant_answer" ~ plausible,
        'complaints': complaint,
        'complaints_closed': complaint ~ ' and is_closed',
        'complaints_closed_plausibly': complaint ~ ' and is_closed' ~ plausible,
        'complaints_closed_called_back': complaint ~ ' and is_closed and ' ~ called_back ~ plausible,
        'complaints_rated': complaint ~ ' and is_satisfied is not null',
        'complaints_satisfied': complaint ~ ' and is_satisfied' ~ plausible,
        'complaints_repeat': complaint ~ ' and is_repeat',
        'rated': 'is_satisfied is not null',
        'satisfied': 'is_satisfied' ~ plausible,
        'dispatched': dispatched ~ ' or return_count > 0',
        'first_contacts_due': 'is_first_contact_in_time is not null',
        'first_contacts_in_time': 'is_first_contact_in_time',
        'returns': 'return_count',
        'second_returns': 'second_return_count',
        'liable_returns': 'liable_return_count',
        'bad_reviews': 'bad_review_count',
        'bad_reviews_fixed': 'case when not is_implausible then bad_review_fixed_count end',
        'reviews_failed': 'failed_review_count >= failed_reviews',
        'accepted_pending': 'not is_closed and not is_due',
    },
    'due': {
        'due': due,
        'due_on_time': 'is_on_time',
        'complaints_due': complaint ~ ' and ' ~ due,
        'complaints_due_on_time': complaint ~ ' and is_on_time',
        'complaints_due_in_hours': complaint ~ ' and ' ~ in_hours,
        'complaints_due_in_days': complaint ~ ' and ' ~ in_days,
        'others_due': other ~ ' and ' ~ due,
        'others_due_on_time': other ~ ' and is_on_time',
        'due_as_stated': due ~ stated,
        'due_on_time_as_stated': due ~ ' and is_on_time_as_stated',
        'complaints_due_as_stated': complaint ~ ' and ' ~ due ~ stated,
        'complaints_due_on_time_as_stated': complaint ~ ' and ' ~ due ~ ' and is_on_time_as_stated',
        'others_due_as_stated': other ~ ' and ' ~ due ~ stated,
        'others_due_on_time_as_stated': other ~ ' and ' ~ due ~ ' and is_on_time_as_stated',
        'due_with_result': 'resolution is not null and ' ~ due,
        'due_judged': 'is_resolved is not null and ' ~ due,
        'due_resolved': 'is_resolved and ' ~ due ~ plausible,
        'due_pending': 'not is_due',
    },
    'closed': {
        'closed': 'true',
        'closed_first_time': 'return_count = 0 and rework_count = 0 and closed_at = first_closed_at' ~ plausible,
        'closed_with_limit': 'due_at is not null',
        'closed_on_time': 'is_on_time',
        'dispatched_closed': dispatched,
        'dispatched_called_back': dispatched ~ ' and ' ~ called_back ~ plausible,
        'closed_complaints': complaint,
        'closed_complaints_timed': complaint ~ ' and close_seconds is not null',
        'closed_complaints_with_limit': complaint ~ ' and due_at is not null',
        'closed_complaints_on_time': complaint ~ ' and is_on_time',
        'closed_complaints_in_hours': complaint ~ ' and ' ~ in_hours,
        'closed_complaints_in_days': complaint ~ ' and ' ~ in_days,
        'closed_complaint_seconds': 'case when ' ~ complaint ~ ' then close_seconds end',
        'closed_complaints_rated_in_call': complaint ~ ' and is_satisfied_in_call is not null',
        'closed_complaints_satisfied_in_call': complaint ~ ' and is_satisfied_in_call' ~ plausible,
        'closed_others_with_limit': other ~ ' and due_at is not null',
        'closed_others_on_time': other ~ ' and is_on_time',
        'closed_with_result': 'resolution is not null',
        'closed_judged': 'is_resolved is not null',
        'closed_resolved': 'is_resolved' ~ plausible,
    },
}) }}
{% endmacro %}

{# These add up a number of each ticket; all others count the tickets for which their condition holds. #}
{% macro summed_ticket_counts() %}
{{ return([
    'returns', 'second_returns', 'liable_returns', 'bad_reviews', 'bad_reviews_fixed', 'closed_complaint_seconds'
]) }}
{% endmacro %}

{# Names of all counts. #}
{% macro ticket_count_names() %}
{%- set names = [] -%}
{%- for counts in ticket_counts().values() %}{% do names.extend(counts) %}{% endfor -%}
{{ return(names) }}
{% endmacro %}

{# All counts of a group of tickets, for a select list: those of other populations are 0. #}
{% macro columns_of_ticket_counts(population) -%}
    {% set columns = [] %}
    {% for counted_in, counts in ticket_counts().items() -%}
    {% for name, what in counts.items() -%}
    {% if counted_in != population -%}
    {% set column = 'cast(0 as bigint)' -%}
    {% elif name in summed_ticket_counts() -%}
    {% set column = 'cast(coalesce(sum(' ~ what ~ '), 0) as bigint)' -%}
    {% else -%}
    {% set column = 'count(*) filter (where ' ~ what ~ ')' -%}
    {% endif -%}
    {% do columns.append(column ~ ' as ' ~ name) -%}
    {% endfor -%}
    {% endfor -%}
    {{ columns | join(',\n    ') }}
{%- endmacro %}

{# Every count as the sum of its parts, for a select list. #}
{% macro sums_of_ticket_counts() -%}
    {% for name in ticket_count_names() -%}
    cast(sum({{ name }}) as bigint) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# The count whose name is in a column; null when the column is empty or names none. #}
{% macro count_named(column, counts) -%}
    case {{ column }}
        {% for name in ticket_count_names() -%}
        when '{{ name }}' then {{ counts }}.{{ name }}
        {% endfor -%}
    end
{%- endmacro %}

{# A duration; null where the times of the ticket cannot be true. #}
{% macro if_plausible(duration) -%}
    case when not is_implausible then {{ duration }} end
{%- endmacro %}
