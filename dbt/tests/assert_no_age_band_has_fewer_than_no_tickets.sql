select * from {{ ref('fct_backlog_daily') }}
where
    closing < 0
    or opening < 0
    or opening + inflow + aged_in - outflow - aged_out <> closing
