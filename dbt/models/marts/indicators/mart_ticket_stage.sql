with counted as (

    select
        months.*,
        stages.name_zh as stage_name,
        stages.sort_order,
        opened.longest_open_seconds,
        months.seconds + coalesce(opened.open_seconds, 0) as spent_seconds,
        parameters.small_sample_below,
        coalesce(delivered.has_all_tickets, false) as is_complete
    from {{ ref('int_stage_month') }} as months
    inner join {{ ref('ticket_stages') }} as stages
        on months.stage = stages.code and {{ holds_on('stages', 'months.ticket_month') }}
    left join {{ ref('int_stage_open') }} as opened
        on
            months.ticket_month = opened.ticket_month
            and months.stage = opened.stage
            and months.platform_code is not distinct from opened.platform_code
    left join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'months.ticket_month') }}
    left join {{ ref('int_platform_month') }} as delivered
        on
            months.ticket_month = delivered.month
            and months.platform_code is not distinct from delivered.platform_code

)

select
    ---------- when, where, what
    ticket_month as month,
    platform_code,
    stage,
    stage_name,
    sort_order,

    ---------- tickets
    entered_tickets,
    entered_tickets - open_tickets as left_tickets,
    skipped_tickets,
    open_tickets,
    repeated_tickets,
    timed_tickets,
    plausible_tickets,

    ---------- time
    {% for name in ('median', 'p90', 'p90_of_entered', 'longest_open') -%}
    cast({{ ratio_half_up(name ~ '_seconds', '3600', 2) }} as decimal(18, 2)) as {{ name }}_hours,
    {% endfor -%}
    cast({{ ratio_half_up('spent_seconds', 'plausible_tickets * 3600', 2) }} as decimal(18, 2)) as mean_hours_with_open,
    spent_seconds,

    ---------- how far it can be relied on
    open_tickets = 0 and is_complete as is_mature,
    is_complete,
    coalesce(entered_tickets < small_sample_below, false) as is_small_sample,
    {{ origin_of('platform_code', 'ticket_month') }} as origin

from counted
