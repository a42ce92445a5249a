{{ config(materialized='incremental', incremental_strategy='replace_months') }}
with named as (

    select
        ticket_day,
        platform_code,
        handling_unit as unit_name
    from {{ rows_of_changed_months(ref('fct_ticket')) }}

    union all

    -- a platform sends the events of its own tickets
    select
        ticket_day,
        sender_code as platform_code,
        unit_name
    from {{ rows_of_changed_months(ref('fct_ticket_event')) }}

)

select distinct
    {{ month_start('ticket_day') }} as ticket_month,
    platform_code,
    unit_name

from named

where unit_name is not null
