select
    code as indicator_code,
    name_zh as indicator_name,
    name_en as indicator_name_en,
    unit,
    direction,
    population,
    numerator_zh,
    denominator_zh,
    numerator_en,
    denominator_en,

    ---------- how it is made of the columns of mart_ticket_count_daily
    numerator_count,
    numerator_per,
    denominator_count,
    closed_numerator_count,
    closed_denominator_count,
    stated_numerator_count,
    stated_denominator_count,
    pending_count,
    adds_up,
    cast(case when unit in ('percent', 'per_100') then 100 else 1 end as integer) as value_factor,
    {{ change_unit('unit') }} as change_unit,

    ---------- how a platform could game it, and what shows that
    how_gamed_zh,
    how_gamed_en,
    shown_by_zh,
    shown_by_en,

    valid_from,
    valid_to,
    source,
    sort_order

from {{ ref('indicators') }}
