-- Told otherwise after its list was frozen: of what had an outcome then, anything; of what was open, whom to call and
-- whether it exists. The same row sent again changes nothing, and a step that is added later excuses nothing.
--
-- By the warehouse's own clock: a sender may date his file as he likes. A list is made of what the warehouse holds, so
-- of a listed ticket something was taken in before the freeze; where nothing was, the ledger is a younger one (all was
-- taken in anew) and files count as delivered when they say.
with frozen as (

    select
        lists.ticket_no,
        {{ ticket_day('lists.ticket_no') }} as ticket_day,
        min(frames.frozen_at) as frozen_at,
        min_by(frames.platform_code, (frames.frozen_at, frames.frame_no)) as platform_code
    from {{ ref('stg_spot_check_frame_tickets') }} as lists
    inner join {{ ref('stg_spot_check_frames') }} as frames on lists.frame_no = frames.frame_no
    group by lists.ticket_no

),

clocked as (

    select
        versions.*,
        row_number() over (
            partition by versions.ticket_no, versions.sender_code
            order by
                versions.delivery_day, versions.delivered_at, versions.file_hash, versions.file_row_number
        ) as version_no,
        case
            when
                bool_or(versions.taken_at <= frozen.frozen_at) over (partition by versions.ticket_no)
                then versions.taken_at
            else versions.delivered_at
        end as known_at,
        frozen.frozen_at
    from {{ ref('stg_ticket_versions') }} as versions
    inner join frozen on versions.ticket_no = frozen.ticket_no

),

-- what the warehouse said of it then
at_freeze as (

    select *
    from (
        select
            *,
            max(version_no) over (partition by ticket_no, sender_code) as newest_no
        from clocked
        where known_at <= frozen_at
    ) as known
    where version_no = newest_no

),

-- an older version that comes late replaces nothing
changes as (

    select
        versions.ticket_no,
        versions.known_at,
        at_freeze.has_outcome,
        versions.is_deleted and not at_freeze.is_deleted as is_voided,
        versions.content_mark <> at_freeze.content_mark as is_told_otherwise,
        coalesce(versions.caller_key, '') <> coalesce(at_freeze.caller_key, '') as is_of_another_caller
    from clocked as versions
    inner join at_freeze
        on
            versions.ticket_no = at_freeze.ticket_no
            and versions.sender_code = at_freeze.sender_code
            and versions.version_no > at_freeze.version_no
    where versions.known_at > versions.frozen_at

),

-- by those who had it at the freeze: when it is voided there is no ticket left to tell the month
listed as (

    select
        ticket_no,
        max(accepted_at) as accepted_at
    from at_freeze
    group by ticket_no

),

traces as (

    select
        frozen.ticket_no,
        frozen.ticket_day,
        frozen.platform_code,
        frozen.frozen_at,
        coalesce(traces.month, {{ month_start('listed.accepted_at') }}) as month,
        traces.closed_by,
        traces.handling_unit,
        traces.first_closed_at
    from {{ rows_of_signature_months('frozen') }} as frozen
    left join {{ ref('int_ticket_trace') }} as traces on frozen.ticket_no = traces.ticket_no
    left join listed on frozen.ticket_no = listed.ticket_no
    -- a number of which nobody ever sent a ticket can tell nothing
    where coalesce(traces.ticket_no, listed.ticket_no) is not null

),

changed as (

    select
        changes.ticket_no,
        min(changes.known_at) as changed_at
    from changes
    inner join traces on changes.ticket_no = traces.ticket_no
    where
        changes.is_voided
        or changes.is_of_another_caller
        or (
            changes.is_told_otherwise
            and (changes.has_outcome or coalesce(traces.first_closed_at <= traces.frozen_at, false))
        )
    group by changes.ticket_no

)

select
    {{ signature_row(
        is_hit='changed.changed_at is not null',
        evidence='traces.frozen_at',
        beside='changed.changed_at'
    ) }}

from traces
left join changed on traces.ticket_no = changed.ticket_no
