{{ config(materialized='incremental', incremental_strategy='replace_months') }}
-- Daily counts of every unit by name: what a name stands for may change from one day to the next.
select
    ticket_month,
    month,
    day,
    platform_code,
    handling_unit,
    {{ sums_of_ticket_counts() }},
    {{ this_build() }} as built_in

from {{ rows_of_changed_months(ref('mart_ticket_count_daily'), 'ticket_month') }}

group by ticket_month, month, day, platform_code, handling_unit
