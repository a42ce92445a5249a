-- What tickets name and no list knows: by month, platform and value. It is loaded; that it is there is a finding.
with unknown as (

    select
        counts.month,
        counts.platform_code,
        'category' as code_kind,
        counts.category as value,
        counts.tickets
    from {{ ref('int_ticket_count_monthly') }} as counts
    left join {{ ref('categories') }} as known on counts.category = known.code
    where known.code is null and counts.category is not null

    union all

    -- of a category that nobody knows, nobody knows the sub-categories either: it is told once
    select
        counts.month,
        counts.platform_code,
        'subcategory' as code_kind,
        counts.category || '/' || counts.subcategory as value,
        counts.tickets
    from {{ ref('int_ticket_count_monthly') }} as counts
    inner join {{ ref('categories') }} as categories on counts.category = categories.code
    left join {{ ref('subcategories') }} as known
        on counts.category = known.category and counts.subcategory = known.code
    where known.code is null and counts.subcategory is not null

    union all

    select
        counts.month,
        counts.platform_code,
        'enterprise' as code_kind,
        counts.enterprise_name as value,
        counts.tickets
    from {{ ref('int_topic_enterprise_month') }} as counts
    where
        not exists (
            select 1 from {{ ref('dim_enterprise') }} as register
            where
                register.platform_code = counts.platform_code
                and trim(register.enterprise_name) = counts.enterprise_name
        )

)

select
    month,
    platform_code,
    code_kind,
    value,
    cast(sum(tickets) as bigint) as tickets

from unknown

group by month, platform_code, code_kind, value
