-- A flag needs a baseline, more tickets than expected and an adjusted p-value; without history there is neither.
select
    period_kind,
    period_start,
    platform_code,
    category,
    subcategory
from {{ ref('mart_sudden_rise') }}
where
    (is_flagged and (p_adjusted is null or tickets <= expected_tickets))
    or ((rise_status = 'not_enough_history') <> (p_value is null))
    or p_adjusted < p_value
    or dispersion < 1
