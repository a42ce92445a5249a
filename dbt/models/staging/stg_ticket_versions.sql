{{ config(materialized='table') }}
-- Every version of tickets that lie in a frozen list, where one was sent again after the freeze; else nothing is read.
-- The mark is of what a platform says of a ticket, not of the file: the same row sent again is no other version.
select
    delivered.ticket_no,
    delivered.platform as sender_code,
    delivered._delivered_at as delivered_at,
    delivered.dt as delivery_day,
    delivered._row_number as file_row_number,
    {{ sha256("concat_ws('|', "
        ~ "coalesce(delivered.rating, ''), coalesce(delivered.resolution, ''), coalesce(delivered.closing_text, ''), "
        ~ "cast(delivered.accepted_at as varchar), delivered.business_type, delivered.category, "
        ~ "coalesce(delivered.subcategory, ''))") }} as content_mark

from {{ versions_after_a_freeze() }} as delivered
where delivered.ticket_no in (select listed.ticket_no from {{ ref('stg_spot_check_frame_tickets') }} as listed)
