{#
    Working time between two instants by two joins and arithmetic, whatever the span.

    `working_clock` is a clock that runs only in the calendar's hours: the seconds worked since the calendar began.
    The working time of a span is the difference of two readings, so it adds up over parts: a span backwards in time
    is minus the same span forwards, an empty one is 0. Fractions of a second are cut off at each end, as in
    `seconds_between`. Null when an instant is null, and on days that dim_date does not know: no notice, no answer.

        select {{ working_seconds('accepted', 'accepted_at', 'closed', 'closed_at') }} as working_seconds
        from {{ ref('fct_ticket') }} as tickets
        {{ join_working_day('accepted', 'accepted_at', "'office'") }}
        {{ join_working_day('closed', 'closed_at', "'office'") }}

    `calendar` is an expression: a literal, or a column when it differs from row to row.
#}
{% macro working_seconds(from_day, from_instant, to_day, to_instant) -%}
    ({{ working_clock(to_day, to_instant) }})
    - ({{ working_clock(from_day, from_instant) }})
{%- endmacro %}

{#
    A period has given the time since it began, less the time since it ended, each from 0 on. Comparisons as factors:
    three times as fast in DuckDB as the shorter least(greatest(…)).
#}
{% macro working_clock(day, instant) -%}
    {%- set now = second_of_day(instant) -%}
    {{ day }}.seconds_before
    {%- for period in (1, 2, 3) %}
    {%- set begin = day ~ '.period_' ~ period ~ '_from' %}
    {%- set end = day ~ '.period_' ~ period ~ '_to' %}
    + ({{ now }} - {{ begin }}) * cast({{ now }} > {{ begin }} as integer)
    - ({{ now }} - {{ end }}) * cast({{ now }} > {{ end }} as integer)
    {%- endfor %}
{%- endmacro %}

{% macro join_working_day(day, instant, calendar) -%}
    left join {{ ref('dim_working_day') }} as {{ day }}
        on {{ day }}.calendar = {{ calendar }} and {{ day }}.date_day = cast({{ instant }} as date)
{%- endmacro %}

{# Seconds since midnight of a time given as HH:MM. #}
{% macro seconds_of_clock_time(text) -%}
    cast(substring({{ text }}, 1, 2) as integer) * 3600 + cast(substring({{ text }}, 4, 2) as integer) * 60
{%- endmacro %}

{#
    The other way round: the first instant at which the clock shows `reading`, which is the end of the working time that
    leads there, not the beginning of the next. Null outside dim_date.

        select {{ instant_of_reading('until', 'spans.reading') }} as ended_at
        from spans
        {{ join_clock_reading('until', 'spans.reading', "'office'") }}

    So `reading` = working_clock at the start + n gives the instant when n more seconds have been worked. For n = 0 that
    is the end of the last working time before the start, not the start.
#}
{% macro instant_of_reading(hours, reading) -%}
    {{ add_seconds(hours ~ '.starts_at', '(' ~ reading ~ ' - ' ~ hours ~ '.clock_from)') }}
{%- endmacro %}

{% macro join_clock_reading(hours, reading, calendar) -%}
    left join {{ ref('int_working_clock') }} as {{ hours }}
        on
            {{ hours }}.calendar = {{ calendar }}
            and {{ hours }}.stretch = {{ integer_divide(reading ~ ' - 1', '86400') }}
            and {{ hours }}.clock_from < {{ reading }}
            and {{ hours }}.clock_to >= {{ reading }}
{%- endmacro %}

{# The n-th working day after the day that `first_day` is joined to (join_working_day), whether that one is worked or not. #}
{% macro join_nth_working_day(day, first_day, n) -%}
    left join {{ ref('dim_working_day') }} as {{ day }}
        on
            {{ day }}.calendar = {{ first_day }}.calendar
            and {{ day }}.working_day_number = {{ first_day }}.working_day_number + ({{ n }})
            and {{ day }}.seconds > 0
{%- endmacro %}
