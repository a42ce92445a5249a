{{ config(materialized='incremental', incremental_strategy='replace_months') }}
select
    {{ month_start('ticket_day') }} as ticket_month,
    accepted_month as month,
    cast(accepted_at as date) as date_day,
    platform_code,
    business_type,
    category,
    subcategory,
    count(*) as tickets

from {{ rows_of_changed_months(ref('fct_ticket')) }}

group by all
