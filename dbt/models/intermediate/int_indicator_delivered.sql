-- Counts of the rows delivered in a month.
select
    {{ month_start('delivery_day') }} as month,
    platform_code,
    sum(rows_in) as rows_in,
    sum(rows_loaded) as rows_loaded

from {{ ref('fct_feed_delivery') }}

group by {{ month_start('delivery_day') }}, platform_code
