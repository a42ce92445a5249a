{{ config(materialized='incremental', incremental_strategy='replace_spot_months') }}
with evidenced as (

    select
        cells.*,
        evidence.p_value,
        evidence.p_adjusted,
        {{ divide('intervals.share_lower * cells.table_incidents', 'cells.row_incidents') }} as concentration_lower,
        {{ divide('intervals.share_upper * cells.table_incidents', 'cells.row_incidents') }} as concentration_upper
    from {{ rows_of_changed_topic_months(ref('int_topic_spot_cell'), 'spot') }} as cells
    left join {{ ref('int_topic_spot_evidence') }} as evidence
        on
            cells.spot_kind = evidence.spot_kind
            and cells.month = evidence.month
            and cells.platform_code = evidence.platform_code
            and cells.level = evidence.level
            and cells.category = evidence.category
            and coalesce(cells.subcategory, '') = coalesce(evidence.subcategory, '')
            and coalesce(cells.district, '') = coalesce(evidence.district, '')
            and coalesce(cells.hour, -1) = coalesce(evidence.hour, -1)
    left join {{ ref('int_topic_spot_interval') }} as intervals
        on
            cells.spot_kind = 'area'
            and cells.month = intervals.month
            and cells.platform_code = intervals.platform_code
            and cells.level = intervals.level
            and cells.category = intervals.category
            and coalesce(cells.subcategory, '') = coalesce(intervals.subcategory, '')
            and cells.district = intervals.district

)

select
    ---------- where, when, what
    evidenced.month,
    evidenced.platform_code,
    platforms.name_zh as platform_name,
    evidenced.spot_kind,
    spot_kinds.name_zh as spot_kind_name,
    evidenced.level,
    levels.name_zh as level_name,
    evidenced.category,
    evidenced.subcategory,
    evidenced.district,
    evidenced.hour,

    ---------- counts
    evidenced.tickets,
    evidenced.row_tickets,
    evidenced.column_tickets,
    evidenced.population,
    evidenced.matter_tickets,
    cast({{ percent_of('evidenced.tickets', 'evidenced.matter_tickets', 2) }} as decimal(9, 2)) as share_pct,

    ---------- concentration: of incidents, as one caller may send many tickets
    evidenced.incidents,
    evidenced.row_incidents,
    evidenced.column_incidents,
    evidenced.table_incidents,
    cast(
        {{ ratio_half_up('evidenced.row_incidents * evidenced.column_incidents', 'evidenced.table_incidents', 4) }}
        as decimal(18, 4)
    ) as expected_incidents,
    cast(
        {{ ratio_half_up(
            'evidenced.incidents * evidenced.table_incidents',
            'evidenced.row_incidents * evidenced.column_incidents',
            4
        ) }} as decimal(18, 4)
    ) as concentration,
    cast(evidenced.concentration_lower as decimal(18, 4)) as concentration_lower,
    cast(evidenced.concentration_upper as decimal(18, 4)) as concentration_upper,
    evidenced.p_value,
    evidenced.p_adjusted,
    coalesce(evidenced.p_adjusted < evidenced.alpha, false) as is_hot_spot,
    evidenced.is_small_n,
    {{ origin_of('evidenced.platform_code', 'evidenced.month') }} as origin,
    {{ this_build() }} as built_in

from evidenced
left join {{ ref('stg_platforms') }} as platforms on evidenced.platform_code = platforms.code
left join {{ ref('topic_terms') }} as spot_kinds
    on evidenced.spot_kind = spot_kinds.code and spot_kinds.term = 'spot_kind'
left join {{ ref('topic_terms') }} as levels on evidenced.level = levels.code and levels.term = 'level'
