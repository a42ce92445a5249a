{{ config(materialized='incremental', incremental_strategy='replace_months') }}
with tickets as (

    select
        tickets.*,
        {{ month_start('tickets.ticket_day') }} as ticket_month,
        metrics.is_reclassified,
        metrics.is_first_contact_in_time,
        metrics.second_return_count,
        metrics.liable_return_count,
        metrics.bad_review_count,
        metrics.bad_review_fixed_count,
        metrics.failed_review_count,
        metrics.is_resolved,
        parameters.close_within_hours,
        parameters.close_within_days,
        parameters.failed_reviews
    from {{ rows_of_changed_months(ref('fct_ticket')) }} as tickets
    left join {{ rows_of_changed_months(ref('fct_ticket_metric')) }} as metrics on tickets.ticket_no = metrics.ticket_no
    left join {{ ref('indicator_parameters') }} as parameters
        on {{ holds_on('parameters', 'cast(tickets.accepted_at as date)') }}

)

-- of a ticket that waits nobody knows when it is due: it is pending where its limit would have ended
{% for population, instant in {
    'accepted': 'accepted_at', 'due': 'coalesce(due_at, limit_ends_at)', 'closed': 'closed_at'
}.items() -%}
select
    ticket_month,
    {{ month_start(instant) }} as month,
    cast({{ instant }} as date) as day,
    '{{ population }}' as population,
    platform_code,
    handling_unit,
    enterprise_name,
    district,
    channel,
    origin,
    {{ columns_of_ticket_counts(population) }},
    {{ this_build() }} as built_in

from tickets

where {{ instant }} is not null

group by all
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
