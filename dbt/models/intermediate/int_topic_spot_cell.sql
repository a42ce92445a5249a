{{ config(materialized='incremental', incremental_strategy='replace_spot_months') }}
{#
    Every kind of spot is one table of counts: the cell, its row, its column and the whole table.

    area: districts by matters. hour: hours by matters. area_hour: districts by hours, one table a matter.
#}
{%- set table = 'month, platform_code, level' -%}
{%- set matter = table ~ ', category, subcategory' -%}
{%- set kinds = {'area': ['district'], 'hour': ['hour'], 'area_hour': ['district', 'hour']} -%}
{%- set row_of = {'area': table ~ ', district', 'hour': table ~ ', hour', 'area_hour': matter ~ ', district'} -%}
{%- set column_of = {'area': matter, 'hour': matter, 'area_hour': matter ~ ', hour'} -%}
{%- set table_of = {'area': table, 'hour': table, 'area_hour': matter} -%}
with counted as (

    select *
    from {{ rows_of_changed_topic_months(ref('int_topic_spot_month'), 'spot') }}

),

matters as (

    select
        month,
        platform_code,
        'subcategory' as level,
        category,
        subcategory,
        nullif(trim(district), '') as district,
        hour,
        tickets,
        incidents
    from counted
    where subcategory is not null

    union all

    select
        month,
        platform_code,
        'category' as level,
        category,
        cast(null as varchar) as subcategory,
        nullif(trim(district), '') as district,
        hour,
        tickets,
        incidents
    from counted

),

cells as (

    {% for spot_kind, place in kinds.items() -%}
    select
        '{{ spot_kind }}' as spot_kind,
        {{ matter }},
        {{ 'district' if 'district' in place else 'cast(null as varchar) as district' }},
        {{ 'hour' if 'hour' in place else 'cast(null as integer) as hour' }},
        sum(tickets) as tickets,
        sum(sum(tickets)) over (partition by {{ row_of[spot_kind] }}) as row_tickets,
        sum(sum(tickets)) over (partition by {{ column_of[spot_kind] }}) as column_tickets,
        sum(sum(tickets)) over (partition by {{ matter }}) as matter_tickets,
        sum(sum(tickets)) over (partition by {{ table_of[spot_kind] }}) as population,
        sum(incidents) as incidents,
        sum(sum(incidents)) over (partition by {{ row_of[spot_kind] }}) as row_incidents,
        sum(sum(incidents)) over (partition by {{ column_of[spot_kind] }}) as column_incidents,
        sum(sum(incidents)) over (partition by {{ table_of[spot_kind] }}) as table_incidents
    from matters
    {% if 'district' in place %}where district is not null{% endif %}
    group by {{ matter }}, {{ place | join(', ') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cells.spot_kind,
    cells.month,
    cells.platform_code,
    cells.level,
    cells.category,
    cells.subcategory,
    cells.district,
    cells.hour,
    cast(cells.tickets as bigint) as tickets,
    cast(cells.row_tickets as bigint) as row_tickets,
    cast(cells.column_tickets as bigint) as column_tickets,
    cast(cells.matter_tickets as bigint) as matter_tickets,
    cast(cells.population as bigint) as population,
    cast(cells.incidents as bigint) as incidents,
    cast(cells.row_incidents as bigint) as row_incidents,
    cast(cells.column_incidents as bigint) as column_incidents,
    cast(cells.table_incidents as bigint) as table_incidents,
    rules.confidence,
    rules.alpha,
    rules.minimum_concentration,
    cells.incidents < rules.minimum_incidents as is_small_n,
    cells.row_incidents >= rules.minimum_incidents as is_row_tested,
    cells.column_incidents >= rules.minimum_incidents as is_column_tested

from cells
inner join {{ ref('topic_spot_rules') }} as rules on {{ holds_on('rules', 'cells.month') }}
