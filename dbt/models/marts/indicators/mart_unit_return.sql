select
    returned.ticket_month as month,
    returned.platform_code,
    returned.from_unit,
    returned.to_unit,
    returned.returns,
    returned.second_returns,
    returned.returned_tickets,
    returned.to_and_fro_tickets,
    returned.taken_tickets,
    cast({{ ratio_half_up('returned.returns', 'returned.taken_tickets', 2, 100) }} as decimal(18, 2))
        as returns_per_100,
    coalesce(returned.taken_tickets < parameters.small_sample_below, false) as is_small_sample,
    coalesce(delivered.has_all_tickets, false) as is_complete,
    {{ origin_of('returned.platform_code', 'returned.ticket_month') }} as origin

from {{ ref('int_unit_return') }} as returned
left join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'returned.ticket_month') }}
left join {{ ref('int_platform_month') }} as delivered
    on returned.ticket_month = delivered.month and returned.platform_code = delivered.platform_code
