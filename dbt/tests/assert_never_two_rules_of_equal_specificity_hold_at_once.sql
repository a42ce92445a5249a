-- Which of two such rules a ticket gets would be chance.
select
    earlier.code,
    later.code as other_code
from {{ ref('int_time_limit_rule') }} as earlier
inner join {{ ref('int_time_limit_rule') }} as later
    on
        earlier.limited_step = later.limited_step
        and earlier.specificity = later.specificity
        and earlier.code < later.code
        and coalesce(earlier.platform_code = later.platform_code, true)
        and coalesce(earlier.business_type = later.business_type, true)
        and coalesce(earlier.complexity = later.complexity, true)
where
    earlier.valid_from < later.valid_to
    and later.valid_from < earlier.valid_to
