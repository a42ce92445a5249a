-- Every delivery that a platform owes, up to the month that the ledger has reached. No delivery is looked at here.
with ledger_as_of as (

    -- the ledger's own clock, not the machine's: a rebuild gives the same
    select max(known_until) as known_until
    from {{ ref('int_feed_as_of') }}

),

owed as (

    select
        obligations.platform_code,
        obligations.delivery_mode,
        obligations.valid_from,
        obligations.valid_to,
        schedules.feed,
        schedules.name_zh as feed_name,
        schedules.delivery_time,
        coalesce(obligations.due_day, schedules.delivery_day) as due_day
    from {{ ref('platform_obligations') }} as obligations
    inner join {{ ref('feed_schedules') }} as schedules
        on obligations.delivery_frequency = schedules.delivery_frequency
    where schedules.delivered_by = 'platform'

),

periods as (

    select
        owed.*,
        ledger_as_of.known_until,
        days.date_day as period_from,
        case
            when owed.delivery_mode = 'daily' then cast(days.date_day + interval '1 day' as date)
            else {{ add_months('days.date_day', 1) }}
        end as period_end
    from owed
    cross join ledger_as_of
    inner join {{ ref('dim_date') }} as days
        on
            {{ holds_on('owed', 'days.date_day') }}
            and {{ add_months(month_start('ledger_as_of.known_until'), 1) }} > days.date_day
            and (owed.delivery_mode = 'daily' or extract(day from days.date_day) = 1)
    inner join {{ ref('platforms') }} as platforms
        on owed.platform_code = platforms.code and {{ holds_on('platforms', 'days.date_day') }}

)

select
    {{ month_start('period_from') }} as month,
    platform_code,
    feed,
    feed_name,
    delivery_mode,
    period_from,
    -- a day is delivered in the folder of the next day, a month in one of the next month
    period_end as arrival_from,
    cast(
        cast(
            case
                when delivery_mode = 'daily' then period_end
                else cast(period_end + interval '1' day * (due_day - 1) as date)
            end as varchar
        ) || ' ' || delivery_time || ':00' as timestamp
    ) as due_at,
    known_until

from periods
