{{ config(materialized='incremental', incremental_strategy='replace_months') }}
select
    {{ month_start('tickets.ticket_day') }} as ticket_month,
    tickets.accepted_month as month,
    tickets.platform_code,
    tickets.district,
    cast(extract(hour from tickets.accepted_at) as integer) as hour,
    tickets.category,
    tickets.subcategory,
    count(*) as tickets,
    count(case when tickets.opens_incident then 1 end) as incidents

from {{ rows_of_changed_months(ref('fct_ticket')) }} as tickets
inner join {{ ref('topic_populations') }} as populations
    on
        tickets.business_type = populations.business_type
        and populations.topic = 'hot_spot'
        and {{ holds_on('populations', 'tickets.accepted_month') }}

group by all
