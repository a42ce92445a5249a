-- What the tickets of a cluster have in common, in words of registers alone: what a caller wrote may name anybody.
with members as (

    select
        clusters.cluster_no,
        clusters.ticket_day,
        clusters.platform_code,
        clusters.category,
        tickets.subcategory,
        tickets.enterprise_name
    from {{ ref('int_ticket_cluster') }} as clusters
    inner join {{ ref('fct_ticket') }} as tickets
        on clusters.ticket_day = tickets.ticket_day and clusters.ticket_no = tickets.ticket_no

),

known as (

    select
        members.cluster_no,
        'subcategory' as term_kind,
        registered.name_zh as term
    from members
    inner join {{ ref('subcategories') }} as registered
        on members.category = registered.category and members.subcategory = registered.code

    union all

    select
        members.cluster_no,
        'enterprise' as term_kind,
        members.enterprise_name as term
    from members
    where exists (
        select 1 from {{ ref('dim_enterprise') }} as registered
        where
            members.platform_code = registered.platform_code
            and members.enterprise_name = registered.enterprise_name
            and {{ holds_on('registered', 'members.ticket_day') }}
    )

),

counted as (

    select
        cluster_no,
        term_kind,
        term,
        count(*) as tickets
    from known
    group by cluster_no, term_kind, term

)

select
    cluster_no,
    term_kind,
    term,
    tickets,
    term || ' ' || tickets as words,
    row_number() over (partition by cluster_no, term_kind order by tickets desc, term asc) as nth

from counted
