{{ config(materialized='view') }}
{#
    A view, so that a range of days reads those days only. It refers to nothing but published tables, because only these
    are published. A tuple: scope, its code, whether its rows are of one platform, whether the register tells the scope.
#}
{%- set scopes = [
    ('province', "'all'", false, false),
    ('platform', 'counts.platform_code', true, false),
    ('unit_class', "coalesce(units.unit_class, 'none')", true, true),
    ('unit', "coalesce(units.unit_key, counts.platform_code || ':' || counts.handling_unit, 'none')", true, true),
    ('unit_district', "coalesce(units.district, 'none')", true, true),
    ('enterprise', "coalesce(counts.enterprise_name, 'none')", true, false),
    ('district', "coalesce(counts.district, 'none')", true, false),
    ('channel', 'counts.channel', true, false),
] -%}
with scoped as (

    {% for scope_kind, scope_code, is_of_platform, is_registered in scopes -%}
    select
        counts.*,
        '{{ scope_kind }}' as scope_kind,
        {{ 'counts.platform_code' if is_of_platform else 'cast(null as varchar)' }} as scope_platform_code,
        {{ scope_code }} as scope_code
    from {{ ref('mart_ticket_count_daily') }} as counts
    {% if is_registered -%}
    left join {{ ref('dim_unit_name') }} as units
        on
            counts.platform_code = units.platform_code
            and counts.handling_unit = units.unit_name
            and {{ holds_on('units', 'counts.day') }}
    {% endif -%}
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}
),

-- the variant among closed tickets counts on the day of closure
valued as (

    {% for variant in ('', 'closed_') -%}
    {% set numerator = 'definitions.' ~ variant ~ 'numerator_count' -%}
    select
        scoped.day,
        scoped.scope_kind,
        scoped.scope_platform_code as platform_code,
        scoped.scope_code,
        definitions.indicator_code,
        definitions.indicator_name,
        definitions.unit,
        definitions.value_factor,
        scoped.population,
        scoped.origin,
        {{ count_named(numerator, 'scoped') }} as counted,
        definitions.numerator_per,
        {{ count_named('definitions.' ~ variant ~ 'denominator_count', 'scoped') }} as denominator
    from scoped
    inner join {{ ref('dim_indicator') }} as definitions
        on
            scoped.population = {{ "'closed'" if variant else 'definitions.population' }}
            and {{ holds_on('definitions', 'scoped.day') }}
    where definitions.adds_up = 'yes' and {{ numerator }} is not null
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}
)

select
    valued.day,
    valued.scope_kind,
    valued.platform_code,
    scopes.platform_name,
    valued.scope_code,
    scopes.scope_name,
    valued.indicator_code,
    valued.indicator_name,
    valued.unit,
    valued.population,
    {{ divide('valued.counted', 'valued.numerator_per') }} as numerator,
    valued.denominator,
    valued.value_factor,
    valued.origin

from valued
left join {{ ref('dim_indicator_scope') }} as scopes
    on
        valued.scope_kind = scopes.scope_kind
        and valued.platform_code is not distinct from scopes.platform_code
        and valued.scope_code = scopes.scope_code

where valued.counted <> 0 or valued.denominator <> 0
