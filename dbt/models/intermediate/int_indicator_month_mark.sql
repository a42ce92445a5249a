{{ config(materialized='incremental', incremental_strategy='append') }}
-- all that the figures of a month come from, and the names they bear; definitions that change make everything anew
with named as (

    select
        counts.*,
        scopes.scope_name
    from {{ ref('int_indicator_count') }} as counts
    left join {{ ref('dim_indicator_scope') }} as scopes
        on
            counts.scope_kind = scopes.scope_kind
            and counts.platform_code is not distinct from scopes.platform_code
            and counts.scope_code = scopes.scope_code

),

pieces as (

    select
        month,
        'counts' as piece,
        {{ mark_of_rows(['scope_kind', 'platform_code', 'scope_code', 'scope_name'] + ticket_count_names()) }} as mark
    from named
    group by month

    union all

    select
        month,
        'measured' as piece,
        {{ mark_of_rows(
            ['scope_kind', 'scope_code', 'indicator_code', 'numerator', 'denominator', 'pending']
        ) }} as mark
    from {{ ref('int_indicator_measured') }}
    group by month

    union all

    select
        month,
        'spread' as piece,
        {{ mark_of_rows(['scope_kind', 'scope_code', 'indicator_code', 'seconds', 'tickets', 'pending']) }} as mark
    from {{ ref('int_indicator_spread') }}
    group by month

    union all

    select
        period_start as month,
        'coverage' as piece,
        {{ mark_of_rows(['platform_code', 'months_known']) }} as mark
    from {{ ref('int_indicator_coverage') }}
    where period_kind = 'month'
    group by period_start

    union all

    select
        month,
        'reported' as piece,
        {{ mark_of_rows(['platform_code', 'indicator_code', 'reported_value']) }} as mark
    from {{ ref('fct_reported_indicator') }}
    group by month

    union all

    select
        month,
        'origin' as piece,
        {{ mark_of_rows(['platform_code']) }} as mark
    from {{ ref('int_simulated_month') }}
    group by month

)

{{ changed_marks('pieces', 'piece') }}
