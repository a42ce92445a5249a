-- Numerators and denominators out of the counts that the definitions name, in units of the counts (seconds).
with valued as (

    select
        counts.month,
        counts.scope_kind,
        counts.platform_code,
        counts.scope_code,
        counts.tickets,
        definitions.code as indicator_code,
        definitions.denominator_count is null as is_sum,
        {{ count_named('definitions.numerator_count', 'counts') }} as numerator,
        case
            when definitions.denominator_count = 'population_10k' then population.population_10k
            else {{ count_named('definitions.denominator_count', 'counts') }}
        end as denominator,
        {{ count_named('definitions.closed_numerator_count', 'counts') }} as closed_numerator,
        {{ count_named('definitions.closed_denominator_count', 'counts') }} as closed_denominator,
        {{ count_named('definitions.stated_numerator_count', 'counts') }} as stated_numerator,
        {{ count_named('definitions.stated_denominator_count', 'counts') }} as stated_denominator,
        coalesce({{ count_named('definitions.pending_count', 'counts') }}, 0) as pending
    from {{ rows_of_changed_years(ref('int_indicator_count')) }} as counts
    inner join {{ ref('indicators') }} as definitions on {{ holds_on('definitions', 'counts.month') }}
    left join {{ ref('int_indicator_population') }} as population
        on
            counts.month = population.month
            and counts.scope_kind = population.scope_kind
            and counts.platform_code is not distinct from population.platform_code
    where definitions.numerator_count is not null

)

select
    month,
    scope_kind,
    platform_code,
    scope_code,
    indicator_code,
    cast(numerator as decimal(18, 4)) as numerator,
    cast(denominator as decimal(18, 4)) as denominator,
    cast(closed_numerator as decimal(18, 4)) as closed_numerator,
    cast(closed_denominator as decimal(18, 4)) as closed_denominator,
    cast(stated_numerator as decimal(18, 4)) as stated_numerator,
    cast(stated_denominator as decimal(18, 4)) as stated_denominator,
    pending

from valued

-- without a ticket of the population there is no figure, not a figure of 0
where denominator > 0 or closed_denominator > 0 or (is_sum and tickets > 0)
