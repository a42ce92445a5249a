-- When the same caller came with the same matter before. Null keys would make strangers one caller: they are left out.
with changed as (

    select caller_key, accepted_at
    from {{ changed_rows(ref('stg_tickets')) }}
    where caller_key is not null

),

reach as (

    select
        {{ add_seconds('min(changed.accepted_at)', '-86400 * max(parameters.repeat_window_days)') }} as from_instant,
        max(changed.accepted_at) as to_instant
    from changed
    cross join {{ ref('integrity_parameters') }} as parameters

),

candidates as (

    -- not one common table with the changed ones: it would be read whole before the bounds are known
    select callers.*
    from {{ ref('stg_tickets') }} as callers
    where
        callers.caller_key is not null
        and callers.accepted_at >= (select reach.from_instant from reach)
        and callers.accepted_at <= (select reach.to_instant from reach)
        {% if is_partial() -%}
        and callers.caller_key in (select changed.caller_key from changed)
        {%- endif %}

)

select
    ticket_no,
    lag(accepted_at) over (
        partition by platform_code, caller_key, category, subcategory
        order by accepted_at, ticket_no
    ) as same_matter_before_at,
    -- about another company it is another incident
    lag(accepted_at) over (
        partition by platform_code, caller_key, category, subcategory, enterprise_name
        order by accepted_at, ticket_no
    ) as same_incident_before_at

from candidates
