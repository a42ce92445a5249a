-- A platform's own rule goes before one for a business type, that before one for a complexity.
select
    limits.code,
    limits.limited_step,
    limits.platform_code,
    limits.business_type,
    limits.complexity,
    4 * cast(limits.platform_code is not null as integer)
    + 2 * cast(limits.business_type is not null as integer)
    + cast(limits.complexity is not null as integer) as specificity,
    limits.amount,
    limits.unit,
    limits.ends_at,
    limits.calendar,
    coalesce(extensions.amount, 0) as extension_amount,
    coalesce(extensions.most_extensions, 0) as most_extensions,
    limits.valid_from,
    coalesce(limits.valid_to, date '9999-12-31') as valid_to

from {{ ref('time_limits') }} as limits
left join {{ ref('time_limit_extensions') }} as extensions on limits.code = extensions.time_limit_code
