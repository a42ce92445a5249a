with members as (

    select
        clusters.*,
        tickets.subcategory,
        tickets.district,
        tickets.caller_key,
        tickets.origin,
        row_number() over (
            partition by clusters.cluster_no order by clusters.ticket_day, clusters.ticket_no
        ) as nth
    from {{ ref('int_ticket_cluster') }} as clusters
    inner join {{ ref('fct_ticket') }} as tickets
        on clusters.ticket_day = tickets.ticket_day and clusters.ticket_no = tickets.ticket_no

),

counted as (

    select
        cluster_no,
        platform_code,
        category,
        place,
        min(ticket_day) as first_day,
        max(ticket_day) as last_day,
        count(*) as tickets,
        count(distinct caller_key) as callers,
        count(distinct subcategory) as subcategories,
        min(subcategory) as subcategory,
        count(distinct district) as districts,
        min(district) as district,
        count(case when origin <> 'real' then 1 end) as invented,
        {{ joined_texts('case when nth <= 5 then ticket_no end', '、', 'nth') }} as example_ticket_nos
    from members
    group by cluster_no, platform_code, category, place

),

terms as (

    select
        cluster_no,
        {{ joined_texts("case when term_kind = 'subcategory' then words end", '、', 'nth') }} as common_subcategories,
        {{ joined_texts("case when term_kind = 'enterprise' then words end", '、', 'nth') }} as common_enterprises
    from {{ ref('int_ticket_cluster_term') }}
    where nth <= 3
    group by cluster_no

)

select
    counted.cluster_no,
    counted.platform_code,
    platforms.name_zh as platform_name,
    counted.category,
    case when counted.subcategories = 1 then counted.subcategory end as subcategory,
    counted.place,
    case when counted.districts = 1 then counted.district end as district,
    counted.first_day,
    counted.last_day,
    {{ days_of('counted.first_day', 'counted.last_day') }} as days,
    counted.tickets,
    counted.callers,
    terms.common_subcategories,
    terms.common_enterprises,
    counted.example_ticket_nos,
    case when counted.invented = 0 then 'real' else 'simulated' end as origin

from counted
inner join {{ ref('text_rules') }} as rules
    on
        rules.topic = 'ticket_cluster'
        and counted.callers >= rules.minimum_callers
        and {{ holds_on('rules', 'counted.first_day') }}
left join terms on counted.cluster_no = terms.cluster_no
left join {{ ref('stg_platforms') }} as platforms on counted.platform_code = platforms.code
