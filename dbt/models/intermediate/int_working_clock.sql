{%- set earlier = ['period_1_to - period_1_from', 'period_2_to - period_2_from'] -%}
-- The clock of a calendar read backwards: in which hours it runs while it shows a number.
with periods as (

    {% for period in (1, 2, 3) -%}
    select
        calendar,
        {{ add_seconds('cast(date_day as timestamp)', 'period_' ~ period ~ '_from') }} as starts_at,
        period_{{ period }}_to - period_{{ period }}_from as seconds,
        {{ (['seconds_before'] + earlier[:period - 1]) | join(' + ') }} as clock_from,
        is_provisional
    from {{ ref('dim_working_day') }}
    where period_{{ period }}_to > period_{{ period }}_from
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

readings as (

    select
        calendar,
        starts_at,
        clock_from,
        clock_from + seconds as clock_to,
        is_provisional,
        {{ integer_divide('clock_from', '86400') }} as first_stretch,
        {{ integer_divide('clock_from + seconds - 1', '86400') }} as last_stretch
    from periods

),

-- hours of a day are never longer than a stretch, so they lie in one or in two
stretched as (

    select
        *,
        first_stretch as stretch
    from readings

    union all

    select
        *,
        last_stretch as stretch
    from readings
    where last_stretch > first_stretch

)

select
    calendar,
    stretch,
    starts_at,
    clock_from,
    clock_to,
    is_provisional

from stretched
