{{ config(materialized='table') }}
-- Every version of tickets that lie in a frozen list, where one was sent again after the freeze; else nothing is read.
-- The mark is of what a platform says of a ticket, not of the file: the same row sent again is no other version.
{%- set told = [
    'business_type', 'category', 'subcategory', 'complexity', 'rating', 'resolution', 'accepted_at', 'due_at',
    'handed_over_from', 'handed_over_to', 'caller_key', 'record_status',
] %}
with taken as (

    -- when the warehouse had the rows, by its own clock; how often the file was judged again does not matter
    select
        platform_code,
        dt,
        content_hash,
        min(ingested_at) filter (where rows_loaded > 0) as taken_at
    from {{ ref('base_feed_deliveries') }}
    where feed = 'tickets'
    group by platform_code, dt, content_hash

)

select
    delivered.ticket_no,
    delivered.platform as sender_code,
    delivered.accepted_at,
    delivered.caller_key,
    coalesce(delivered.record_status = 'deleted', false) as is_deleted,
    coalesce(delivered.rating, delivered.resolution, delivered.closing_text) is not null as has_outcome,
    delivered._delivered_at as delivered_at,
    taken.taken_at,
    delivered.dt as delivery_day,
    delivered._file_hash as file_hash,
    delivered._row_number as file_row_number,
    {% set columns -%}
    {% for column in told %}coalesce(cast(delivered.{{ column }} as varchar), ''), {% endfor -%}
    {{ sha256("coalesce(delivered.request_text, '')") }}, {{ sha256("coalesce(delivered.closing_text, '')") }}
    {%- endset -%}
    {{ sha256("concat_ws('|', " ~ columns ~ ')') }} as content_mark

from {{ versions_after_a_freeze() }} as delivered
inner join taken
    on
        delivered.platform = taken.platform_code
        and delivered.dt = taken.dt
        and delivered._file_hash = taken.content_hash
where delivered.ticket_no in (select listed.ticket_no from {{ ref('stg_spot_check_frame_tickets') }} as listed)
