with counted as (

    select
        tickets.month,
        tickets.platform_code,
        platforms.name_zh as platform_name,
        tickets.business_type,
        business_types.name_zh as business_type_name,
        tickets.domain,
        domains.name_zh as domain_name,
        domains.domain_group,
        domain_groups.name_zh as domain_group_name,
        cast(sum(tickets.tickets) as bigint) as tickets

    from {{ ref('int_ticket_count_monthly') }} as tickets
    -- left, not inner: a ticket of a code that no list has must still be counted
    left join {{ ref('stg_platforms') }} as platforms on tickets.platform_code = platforms.code
    left join {{ ref('business_types') }} as business_types on tickets.business_type = business_types.code
    left join {{ ref('domains') }} as domains on tickets.domain = domains.code
    left join {{ ref('domain_groups') }} as domain_groups on domains.domain_group = domain_groups.code

    group by all

)

select
    *,
    {{ origin_of('counted.platform_code', 'counted.month') }} as origin

from counted
