-- A hot spot lies above what its row and column would give, and no cell is larger than its row or column.
select
    month,
    platform_code,
    spot_kind,
    category,
    subcategory,
    district,
    hour
from {{ ref('mart_hot_spot') }}
where
    (is_hot_spot and (concentration <= 1 or is_small_n))
    or tickets > least(row_tickets, column_tickets)
    or greatest(row_tickets, column_tickets) > population
    or p_adjusted < p_value
