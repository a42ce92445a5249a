{{ config(materialized='incremental', incremental_strategy='replace_months') }}
-- How many complaints took how long, to the second: percentiles do not add up, but these counts do.
select
    {{ month_start('ticket_day') }} as ticket_month,
    {{ month_start('closed_at') }} as month,
    platform_code,
    close_seconds,
    count(*) as tickets,
    {{ this_build() }} as built_in

from {{ rows_of_changed_months(ref('fct_ticket')) }}

where business_type = 'complaint' and close_seconds is not null

group by all
