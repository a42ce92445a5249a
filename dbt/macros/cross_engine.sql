{# Everything that DuckDB and Spark spell differently; models use only these. #}

{# Whole seconds from one instant to a later one; negative when the order is reversed. #}
{% macro seconds_between(earlier, later) %}{{ return(adapter.dispatch('seconds_between', 'hotline')(earlier, later)) }}{% endmacro %}
{% macro default__seconds_between(earlier, later) %}date_diff('second', {{ earlier }}, {{ later }}){% endmacro %}
{% macro spark__seconds_between(earlier, later) %}timestampdiff(SECOND, {{ earlier }}, {{ later }}){% endmacro %}

{% macro add_seconds(instant, seconds) %}{{ return(adapter.dispatch('add_seconds', 'hotline')(instant, seconds)) }}{% endmacro %}
{% macro default__add_seconds(instant, seconds) %}({{ instant }} + to_seconds({{ seconds }})){% endmacro %}
{% macro spark__add_seconds(instant, seconds) %}timestampadd(SECOND, {{ seconds }}, {{ instant }}){% endmacro %}

{# Whole seconds since midnight. #}
{% macro second_of_day(instant) %}{{ return(adapter.dispatch('second_of_day', 'hotline')(instant)) }}{% endmacro %}
{% macro default__second_of_day(instant) %}cast(date_diff('second', cast(cast({{ instant }} as date) as timestamp), {{ instant }}) as integer){% endmacro %}
{% macro spark__second_of_day(instant) %}(hour({{ instant }}) * 3600 + minute({{ instant }}) * 60 + second({{ instant }})){% endmacro %}

{# 1 = Monday … 7 = Sunday. #}
{% macro iso_dow(day) %}{{ return(adapter.dispatch('iso_dow', 'hotline')(day)) }}{% endmacro %}
{% macro default__iso_dow(day) %}cast(isodow({{ day }}) as integer){% endmacro %}
{% macro spark__iso_dow(day) %}(weekday({{ day }}) + 1){% endmacro %}

{% macro month_start(instant) %}cast(date_trunc('month', {{ instant }}) as date){% endmacro %}

{% macro add_months(month, months) %}{{ return(adapter.dispatch('add_months', 'hotline')(month, months)) }}{% endmacro %}
{% macro default__add_months(month, months) %}cast({{ month }} + interval '{{ months }} months' as date){% endmacro %}
{% macro spark__add_months(month, months) %}add_months({{ month }}, {{ months }}){% endmacro %}

{# A select list of one column, date_day: days from the first to the last inclusive. #}
{% macro date_series(first_day, last_day) %}{{ return(adapter.dispatch('date_series', 'hotline')(first_day, last_day)) }}{% endmacro %}
{% macro default__date_series(first_day, last_day) %}
    select cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date) as date_day
{% endmacro %}
{% macro spark__date_series(first_day, last_day) %}
    select explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day)) as date_day
{% endmacro %}

{# Integers wide enough that no product of counts overflows. #}
{% macro wide_integer_type() %}{{ return(adapter.dispatch('wide_integer_type', 'hotline')()) }}{% endmacro %}
{% macro default__wide_integer_type() %}hugeint{% endmacro %}
{% macro spark__wide_integer_type() %}decimal(38, 0){% endmacro %}

{# Integer division, towards zero; null by 0, since a divisor may come from a sender's claim. #}
{% macro integer_divide(dividend, divisor) %}{{ return(adapter.dispatch('integer_divide', 'hotline')(dividend, divisor)) }}{% endmacro %}
{% macro default__integer_divide(dividend, divisor) %}(({{ dividend }}) // nullif({{ divisor }}, 0)){% endmacro %}
{% macro spark__integer_divide(dividend, divisor) %}(({{ dividend }}) div nullif({{ divisor }}, 0)){% endmacro %}

{# JSON read as text, whatever its type was. #}
{% macro json_text(column) %}cast({{ column }} as varchar){% endmacro %}

{# The names and counts of a JSON object, a row each: two columns, key and value. #}
{% macro json_counts(column) %}{{ return(adapter.dispatch('json_counts', 'hotline')(column)) }}{% endmacro %}
{% macro default__json_counts(column) %}unnest(map_entries(cast(cast({{ column }} as json) as map(varchar, bigint))), recursive := true){% endmacro %}
{% macro spark__json_counts(column) %}explode(from_json({{ column }}, 'map<string,bigint>')){% endmacro %}

{# A date written as yyyyMMdd; null when the text is none. #}
{% macro date_of_digits(text) %}{{ return(adapter.dispatch('date_of_digits', 'hotline')(text)) }}{% endmacro %}
{% macro default__date_of_digits(text) %}cast(try_strptime({{ text }}, '%Y%m%d') as date){% endmacro %}
{% macro spark__date_of_digits(text) %}cast(try_to_timestamp({{ text }}, 'yyyyMMdd') as date){% endmacro %}

{# Whole days from a day to another, both counted. #}
{% macro days_of(first_day, last_day) -%}
    ({{ integer_divide(seconds_between('cast(' ~ first_day ~ ' as timestamp)', 'cast(' ~ last_day ~ ' as timestamp)'), '86400') }} + 1)
{%- endmacro %}

{% macro days_of_month(month) -%}
    ({{ days_of(month, add_months(month, 1)) }} - 1)
{%- endmacro %}

{# Texts of a group one after the other; nulls are passed over, no text at all is null. #}
{% macro joined_texts(text, separator, ordered_by) %}{{ return(adapter.dispatch('joined_texts', 'hotline')(text, separator, ordered_by)) }}{% endmacro %}
{% macro default__joined_texts(text, separator, ordered_by) %}string_agg({{ text }}, '{{ separator }}' order by {{ ordered_by }}){% endmacro %}
{% macro spark__joined_texts(text, separator, ordered_by) %}listagg({{ text }}, '{{ separator }}') within group (order by {{ ordered_by }}){% endmacro %}

{# SHA-256 of a text in UTF-8, in hexadecimal. #}
{% macro sha256(text) %}{{ return(adapter.dispatch('sha256', 'hotline')(text)) }}{% endmacro %}
{% macro default__sha256(text) %}sha256({{ text }}){% endmacro %}
{% macro spark__sha256(text) %}sha2({{ text }}, 256){% endmacro %}
