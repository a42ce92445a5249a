-- Why rows went to quarantine and files were not taken. A row with several reasons counts in each.
with refusals as (

    select
        delivery_day,
        sender_code,
        feed,
        {{ json_counts('reasons') }}
    from {{ ref('stg_feed_deliveries') }}

),

named as (

    select
        delivery_day,
        sender_code,
        feed,
        case when key like 'file:%' then 'file' else 'row' end as rule_kind,
        split_part(key, ':', 1) as column_name,
        split_part(key, ':', 2) as rule,
        value as hits
    from refusals

)

select
    named.delivery_day,
    {{ month_start('named.delivery_day') }} as month,
    named.sender_code as platform_code,
    coalesce(platforms.name_zh, provinces.name_zh) as platform_name,
    named.feed,
    feeds.name_zh as feed_name,
    named.rule_kind,
    case when named.rule_kind = 'row' then named.column_name else '' end as column_name,
    named.rule,
    reasons.name_zh as rule_name,
    count(*) as files,
    cast(sum(case when named.rule_kind = 'row' then named.hits end) as bigint) as row_count

from named
left join {{ ref('stg_platforms') }} as platforms on named.sender_code = platforms.code
left join {{ ref('provinces') }} as provinces on named.sender_code = provinces.code
left join {{ ref('feed_schedules') }} as feeds on named.feed = feeds.feed
left join {{ ref('refusal_reasons') }} as reasons on named.rule_kind = reasons.rule_kind and named.rule = reasons.code

group by all
