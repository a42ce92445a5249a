-- An exact interval holds what was found, and shares stay between none and all.
select
    period_kind,
    period_start,
    platform_code,
    enterprise_key
from {{ ref('mart_enterprise_league') }}
where
    -- a unit of the last decimal, as both ends are rounded
    rate_lower > rate_per_1000_vehicles + 0.0001
    or rate_upper < rate_per_1000_vehicles - 0.0001
    or trip_rate_lower > rate_per_10k_trips + 0.0001
    or trip_rate_upper < rate_per_10k_trips - 0.0001
    or satisfied_pct not between satisfied_lower_pct - 0.01 and satisfied_upper_pct + 0.01
    or resolved_pct not between resolved_lower_pct - 0.01 and resolved_upper_pct + 0.01
    or satisfied_lower_pct < 0
    or satisfied_upper_pct > 100
    or p_adjusted < p_value
