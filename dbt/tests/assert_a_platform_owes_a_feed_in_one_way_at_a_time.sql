-- Two ways in force on one day would count its delivery twice.
select
    earlier.platform_code,
    earlier.delivery_frequency,
    earlier.valid_from,
    later.valid_from as overlaps_from
from {{ ref('platform_obligations') }} as earlier
inner join {{ ref('platform_obligations') }} as later
    on
        earlier.platform_code = later.platform_code
        and earlier.delivery_frequency = later.delivery_frequency
        and earlier.valid_from < later.valid_from
where
    {{ holds_on('earlier', 'later.valid_from') }}
    or earlier.valid_to <= earlier.valid_from
    or (earlier.delivery_mode <> 'daily' and coalesce(earlier.due_day, 1) not between 1 and 28)
