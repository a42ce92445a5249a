{{ config(materialized='table') }}
with units as (

    select
        counts.*,
        units.unit_class,
        units.district as unit_district,

        -- a name that the register does not know that day is a unit of its own
        coalesce(units.unit_key, counts.platform_code || ':' || counts.handling_unit) as unit
    from {{ ref('int_indicator_count_unit') }} as counts
    left join {{ ref('dim_unit_name') }} as units
        on
            counts.platform_code = units.platform_code
            and counts.handling_unit = units.unit_name
            and {{ holds_on('units', 'counts.day') }}

),

parts as (

    select month, scope_kind, platform_code, scope_code, {{ ticket_count_names() | join(', ') }}
    from {{ ref('int_indicator_count_part') }}

    {% for scope_kind in ('unit', 'unit_class', 'unit_district') -%}
    union all

    select
        month,
        '{{ scope_kind }}' as scope_kind,
        platform_code,
        coalesce({{ scope_kind }}, 'none') as scope_code,
        {{ ticket_count_names() | join(', ') }}
    from units

    {% endfor %}
),

everywhere as (

    select * from parts

    {% for scope_kind, scope_code, parts_of in [
        ("'province'", "'all'", "= 'platform'"), ('scope_kind', 'scope_code', "in ('channel', 'unit_class')")
    ] -%}
    -- what means the same everywhere is counted for the province, too
    union all

    select
        month,
        {{ scope_kind }} as scope_kind,
        null as platform_code,
        {{ scope_code }} as scope_code,
        {{ ticket_count_names() | join(', ') }}
    from parts
    where scope_kind {{ parts_of }}

    {% endfor %}
)

select
    month,
    scope_kind,
    platform_code,
    scope_code,
    {{ sums_of_ticket_counts() }}

from everywhere

group by month, scope_kind, platform_code, scope_code
