{{ config(materialized='incremental', incremental_strategy='replace_months') }}
-- Tickets about companies as they name them, by month; the register of companies is joined later.
select
    {{ month_start('tickets.ticket_day') }} as ticket_month,
    tickets.accepted_month as month,
    tickets.platform_code,
    tickets.business_type,
    trim(tickets.enterprise_name) as enterprise_name,
    count(*) as tickets,
    count(case when tickets.opens_incident then 1 end) as incidents,
    count(tickets.is_satisfied) as rated,
    -- of a ticket whose times cannot be true nothing good is counted
    count(case when tickets.is_satisfied and not tickets.is_implausible then 1 end) as satisfied,
    count(resolutions.is_resolved) as judged,
    count(case when resolutions.is_resolved and not tickets.is_implausible then 1 end) as resolved

from {{ rows_of_changed_months(ref('fct_ticket')) }} as tickets
left join {{ ref('resolutions') }} as resolutions on tickets.resolution = resolutions.code

where trim(tickets.enterprise_name) <> ''

group by all
