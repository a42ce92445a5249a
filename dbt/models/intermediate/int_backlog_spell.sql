{{ config(materialized='incremental', incremental_strategy='replace_months') }}
select
    {{ month_start('ticket_day') }} as ticket_month,
    platform_code,
    business_type,
    accepted_on,
    opened_on,
    closed_on,
    count(*) as tickets

from {{ rows_of_changed_months(ref('int_ticket_spell')) }}

group by all
