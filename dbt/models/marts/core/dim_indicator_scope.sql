with scopes as (

    select scope_kind, platform_code, scope_code
    from {{ ref('int_indicator_count') }}

    union

    select 'platform' as scope_kind, code as platform_code, code as scope_code
    from {{ ref('stg_platforms') }}

    union

    select 'province' as scope_kind, null as platform_code, 'all' as scope_code

),

-- a unit keeps its key when it is renamed, and goes by its newest name
units as (

    select unit_key, max_by(unit_name, (coalesce(valid_from, date '1900-01-01'), unit_name)) as unit_name
    from {{ ref('dim_unit') }}
    group by unit_key

)

select
    scopes.scope_kind,
    scopes.platform_code,
    platforms.name_zh as platform_name,
    scopes.scope_code,
    case
        when scopes.scope_kind = 'province' then '全省'
        when scopes.scope_code = 'none' then '未注明'
        when scopes.scope_kind = 'platform' then platforms.name_zh
        when scopes.scope_kind = 'channel' then channels.name_zh
        when scopes.scope_kind = 'unit_class' then classes.name_zh
        when scopes.scope_kind = 'unit'
            then coalesce(units.unit_name, replace(scopes.scope_code, scopes.platform_code || ':', ''))
        else scopes.scope_code
    end as scope_name

from scopes
left join {{ ref('stg_platforms') }} as platforms on scopes.platform_code = platforms.code
left join {{ ref('channels') }} as channels on scopes.scope_code = channels.code
left join {{ ref('unit_classes') }} as classes on scopes.scope_code = classes.code
left join units on scopes.scope_code = units.unit_key
