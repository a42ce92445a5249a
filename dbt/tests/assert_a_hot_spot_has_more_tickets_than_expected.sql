-- A hot spot lies above what its row and column would give, and no cell is larger than its row or column.
select
    spots.month,
    spots.platform_code,
    spots.spot_kind,
    spots.category,
    spots.subcategory,
    spots.district,
    spots.hour
from {{ ref('mart_hot_spot') }} as spots
where
    {{ is_of_this_build('spots') }}
    and (
        (spots.is_hot_spot and (spots.concentration <= 1 or spots.is_small_n))
        or spots.tickets > least(spots.row_tickets, spots.column_tickets)
        or greatest(spots.row_tickets, spots.column_tickets) > spots.population
        or spots.p_adjusted < spots.p_value
    )
