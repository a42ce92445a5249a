select distinct
    {{ month_start('ticket_day') }} as ticket_month,
    {{ add_months(month_start('ticket_day'), 1) }} as next_month

from {{ ref('int_changed_ticket') }}
