select
    platform_code,
    operator_key,
    min(first_acted_at) as first_acted_at,
    max(last_acted_at) as last_acted_at,
    cast(sum(events) as bigint) as event_count,
    cast(sum(closings) as bigint) as closing_count,
    cast(sum(calls) as bigint) as callback_count

from {{ ref('int_operator_month') }}

group by platform_code, operator_key
