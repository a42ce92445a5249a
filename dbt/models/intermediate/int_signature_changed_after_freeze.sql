-- Closed before its list was frozen, and told otherwise afterwards; the same row sent again changes nothing, and a
-- step that is added later excuses nothing.
with frozen as (

    select
        lists.ticket_no,
        min(frames.frozen_at) as frozen_at
    from {{ ref('stg_spot_check_frame_tickets') }} as lists
    inner join {{ ref('stg_spot_check_frames') }} as frames on lists.frame_no = frames.frame_no
    group by lists.ticket_no

),

at_freeze as (

    select
        versions.ticket_no,
        versions.sender_code,
        max_by(
            versions.content_mark, (versions.delivery_day, versions.delivered_at, versions.file_row_number)
        ) as content_mark
    from {{ ref('stg_ticket_versions') }} as versions
    inner join frozen on versions.ticket_no = frozen.ticket_no and versions.delivered_at <= frozen.frozen_at
    group by versions.ticket_no, versions.sender_code

),

changed as (

    select
        versions.ticket_no,
        min(versions.delivered_at) as changed_at
    from {{ ref('stg_ticket_versions') }} as versions
    inner join frozen on versions.ticket_no = frozen.ticket_no and versions.delivered_at > frozen.frozen_at
    inner join at_freeze on versions.ticket_no = at_freeze.ticket_no and versions.sender_code = at_freeze.sender_code
    where versions.content_mark <> at_freeze.content_mark
    group by versions.ticket_no

)

select
    {{ signature_row(
        is_hit='changed.changed_at is not null',
        evidence='frozen.frozen_at',
        beside='changed.changed_at'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
inner join frozen on traces.ticket_no = frozen.ticket_no
left join changed on traces.ticket_no = changed.ticket_no

where frozen.frozen_at >= traces.first_closed_at
