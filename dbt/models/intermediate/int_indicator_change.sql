-- Every value beside those of the period before and of the same period a year before.
with figures as (

    select
        *,
        months_known = months_in_period as is_whole,
        case period_kind
            when 'month' then {{ add_months('period_start', -1) }}
            when 'quarter' then {{ add_months('period_start', -3) }}
            else {{ add_months('period_start', -12) }}
        end as previous_start,
        {{ add_months('period_start', -12) }} as previous_year_start,
        concat_ws('|', period_kind, scope_kind, coalesce(platform_code, '*'), scope_code, indicator_code) as series
    from {{ rows_of_changed_years(ref('int_indicator_value'), 'period_start', with_compared=true, years_before=1) }}

),

compared as (

    select
        figures.*,
        previous.numerator as previous_numerator,
        previous.denominator as previous_denominator,
        previous.value as previous_value,
        previous_year.numerator as previous_year_numerator,
        previous_year.denominator as previous_year_denominator,
        previous_year.value as previous_year_value,

        -- part of a month or year beside a whole one would look like a fall
        case when figures.is_whole and previous.is_whole then previous.value end as mom_base,
        case when figures.is_whole and previous_year.is_whole then previous_year.value end as yoy_base,

        -- a change of quotients follows from what was counted, not from values that are rounded themselves
        try_cast(figures.counted * previous.counted_per as decimal(28, 4)) as mom_now,
        try_cast(previous.counted * figures.counted_per as decimal(28, 4)) as mom_before,
        try_cast(figures.counted * previous_year.counted_per as decimal(28, 4)) as yoy_now,
        try_cast(previous_year.counted * figures.counted_per as decimal(28, 4)) as yoy_before
    from figures
    left join figures as previous
        on figures.previous_start = previous.period_start and figures.series = previous.series
    left join figures as previous_year
        on figures.previous_year_start = previous_year.period_start and figures.series = previous_year.series

)

select
    *,
    case change_unit
        when 'percentage_points' then value - mom_base
        when 'percent' then case when mom_base is not null then {{ growth_of('mom_now', 'mom_before', 4) }} end
    end as mom_change,
    case change_unit
        when 'percentage_points' then value - yoy_base
        when 'percent' then case when yoy_base is not null then {{ growth_of('yoy_now', 'yoy_before', 4) }} end
    end as yoy_change

from compared
