-- Periods that a changed month lies in, and those that are compared with them: a year later, and the next one.
{%- set lengths = {'month': 1, 'quarter': 3, 'year': 12} %}
with changed as (

    {% for period_kind in lengths -%}
    select distinct
        '{{ period_kind }}' as period_kind,
        cast(date_trunc('{{ period_kind }}', month) as date) as period_start
    from {{ ref('int_topic_changed_month') }}
    where topic = 'volume'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

affected as (

    select
        period_kind,
        period_start,
        true as is_itself
    from changed

    union all

    select
        period_kind,
        {{ add_months('period_start', 12) }} as period_start,
        false as is_itself
    from changed

    {% for period_kind, length in lengths.items() if length < 12 -%}
    union all

    select
        period_kind,
        {{ add_months('period_start', length) }} as period_start,
        false as is_itself
    from changed
    where period_kind = '{{ period_kind }}'
    {% endfor %}
)

select
    period_kind,
    period_start,
    bool_or(is_itself) as is_itself

from affected

group by period_kind, period_start
