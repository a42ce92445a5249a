{{ config(materialized='incremental', incremental_strategy='replace_months') }}
with acts as (

    select
        ticket_day,
        sender_code as platform_code,
        operator_key,
        occurred_at as acted_at,
        cast(event_type = 'close' as integer) as closings,
        0 as calls
    from {{ rows_of_changed_months(ref('fct_ticket_event')) }}

    union all

    select
        ticket_day,
        sender_code as platform_code,
        operator_key,
        called_at as acted_at,
        0 as closings,
        1 as calls
    from {{ rows_of_changed_months(ref('fct_callback')) }}

)

select
    {{ month_start('ticket_day') }} as ticket_month,
    platform_code,
    operator_key,
    min(acted_at) as first_acted_at,
    max(acted_at) as last_acted_at,
    count(*) - sum(calls) as events,
    sum(closings) as closings,
    sum(calls) as calls

from acts

where operator_key is not null

group by all
