{{ config(materialized='incremental', incremental_strategy='replace_periods') }}
-- What is ranked, and within what: the group that ranks and shares are taken in is the denominator.
with volumes as (

    select * from {{ rows_of_changed_periods(ref('int_topic_period_volume')) }}

),

listed as (

    select
        period_kind,
        period_start,
        scope,
        platform_code,
        business_type,
        level,
        category,
        subcategory,
        tickets,
        concat_ws('|', scope, platform_code) as ranked_in,
        case
            when level = 'subcategory' then 'category'
            when business_type is null then 'all_tickets'
            else 'business_type'
        end as denominator_kind
    from volumes

    union all

    -- platforms within a category are the platforms' own categories, ranked across platforms
    select
        period_kind,
        period_start,
        'province' as scope,
        platform_code,
        business_type,
        'platform' as level,
        category,
        cast(null as varchar) as subcategory,
        tickets,
        'province' as ranked_in,
        'category' as denominator_kind
    from volumes
    where scope = 'platform' and level = 'category'

),

grouped as (

    select
        *,
        concat_ws('|', ranked_in, coalesce(business_type, '*'), level, case when level <> 'category' then category end)
            as ranking_key
    from listed

)

select
    *,
    concat_ws('|', ranking_key, platform_code, category, subcategory) as item_key,
    cast(rank() over (partition by period_kind, period_start, ranking_key order by tickets desc) as bigint) as rank,
    cast(sum(tickets) over (partition by period_kind, period_start, ranking_key) as bigint) as denominator

from grouped
