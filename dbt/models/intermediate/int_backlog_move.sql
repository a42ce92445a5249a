-- What comes into an age band and leaves it, a day. Tickets that are opened and closed on one day do both.
with visits as (

    select
        spells.platform_code,
        spells.business_type,
        bands.code as age_band,
        spells.opened_on,
        spells.closed_on,
        spells.tickets,
        greatest(spells.opened_on, spells.accepted_on + bands.from_days) as entered_on,
        spells.accepted_on + bands.before_days as outgrown_on
    from {{ ref('int_backlog_spell') }} as spells
    inner join {{ ref('backlog_age_bands') }} as bands
        on
            spells.accepted_on + bands.from_days <= coalesce(spells.closed_on, date '9999-12-31')
            and (bands.before_days is null or spells.accepted_on + bands.before_days > spells.opened_on)

),

moves as (

    select
        *,
        entered_on as date_day,
        case when entered_on = opened_on then tickets else 0 end as inflow,
        case when entered_on > opened_on then tickets else 0 end as aged_in,
        0 as outflow,
        0 as aged_out
    from visits

    union all

    select
        *,
        least(closed_on, outgrown_on) as date_day,
        0 as inflow,
        0 as aged_in,
        case when closed_on < coalesce(outgrown_on, date '9999-12-31') then tickets else 0 end as outflow,
        case when outgrown_on <= coalesce(closed_on, date '9999-12-31') then tickets else 0 end as aged_out
    from visits
    where closed_on is not null or outgrown_on is not null

)

select
    moves.date_day,
    moves.platform_code,
    moves.business_type,
    moves.age_band,
    cast(sum(moves.inflow) as bigint) as inflow,
    cast(sum(moves.aged_in) as bigint) as aged_in,
    cast(sum(moves.outflow) as bigint) as outflow,
    cast(sum(moves.aged_out) as bigint) as aged_out

from moves
-- whole days only: of the day of delivery itself little is known
inner join {{ ref('int_platform_as_of') }} as as_of
    on moves.platform_code = as_of.platform_code and moves.date_day < as_of.known_until
group by moves.date_day, moves.platform_code, moves.business_type, moves.age_band
