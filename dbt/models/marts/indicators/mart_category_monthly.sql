with counted as (

    select
        tickets.month,
        tickets.platform_code,
        platforms.name_zh as platform_name,
        tickets.business_type,
        business_types.name_zh as business_type_name,
        tickets.domain,
        tickets.category,
        tickets.subcategory,
        cast(sum(tickets.tickets) as bigint) as tickets

    from {{ ref('int_ticket_count_monthly') }} as tickets
    left join {{ ref('stg_platforms') }} as platforms on tickets.platform_code = platforms.code
    left join {{ ref('business_types') }} as business_types on tickets.business_type = business_types.code

    group by all

)

select
    *,
    {{ origin_of('counted.platform_code', 'counted.month') }} as origin

from counted
