{#
    When a time limit ends. `limits` has a row per ticket: the rule's unit, ends_at and calendar, and where the calendar
    stood when the limit began to run (working_day_number, working_clock). `amount` is the rule's, with extensions.

        select {{ instant_of_reading('hours', 'reading') }} as ends_at
        from (
            select limits.*, {{ limit_reading('limits', 'last_day', 'limits.amount') }} as reading
            from limits
            {{ join_nth_working_day('last_day', 'limits', 'limits.amount') }}
        ) as read
        {{ join_clock_reading('hours', 'read.reading', 'read.calendar') }}

    A reading of the calendar's clock, not an instant: what a suspension adds to it is the working time it lasted. The
    last day may end at 24:00; that limit ends a second before, so that it belongs to its day and not to the next month.
#}
{% macro limit_reading(limits, last_day, amount) -%}
    case
        when {{ limits }}.unit in ('hours', 'working_hours') then {{ limits }}.working_clock + ({{ amount }}) * 3600
        when {{ limits }}.ends_at = 'to_the_second' then {{ limits }}.working_clock + ({{ amount }}) * 86400
        else
            {{ last_day }}.seconds_before
            + {{ last_day }}.seconds
            - cast(86400 in ({{ last_day }}.period_1_to, {{ last_day }}.period_2_to, {{ last_day }}.period_3_to) as integer)
    end
{%- endmacro %}
