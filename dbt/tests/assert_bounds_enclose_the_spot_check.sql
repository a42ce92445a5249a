-- A bound that excludes what the sample itself proves is wrong, whatever the statistics behind it.
select *
from {{ ref('mart_rate_integrity') }}
where
    lower95_good < passed
    or upper95_good > population - (sampled - passed)
    or lower95 > audited_value
    or upper95 < audited_value
    or (is_contradicted and passed = sampled)
