-- The tickets of their owners; what others sent about them is counted in mart_foreign_row.
select
    ---------- ids
    delivered.ticket_no,
    delivered.platform_code,
    delivered.caller_key,

    ---------- classification
    delivered.business_type,
    delivered.domain,
    delivered.category,
    delivered.subcategory,
    delivered.complexity,
    delivered.channel,
    delivered.district,
    delivered.enterprise_name,
    delivered.handling_unit,

    ---------- what was said
    delivered.request_text,

    ---------- outcome
    delivered.rating,
    delivered.resolution,
    delivered.closing_text,

    ---------- timestamps: whoever has the ticket now, the caller has waited since it was first accepted
    least(delivered.accepted_at, handed.first_accepted_at) as accepted_at,
    delivered.due_at as stated_due_at,

    ---------- ownership
    handed.handed_over_by,
    handed.taken_over_at,

    ---------- lineage
    delivered.sender_code,
    delivered.delivery_day,
    delivered.delivered_at,
    delivered.file_hash,
    delivered.file_row_number,
    delivered.ticket_day,
    delivered.built_in

from {{ ref('base_tickets') }} as delivered
left join {{ ref('stg_handed_over_tickets') }} as handed
    on delivered.ticket_day = handed.ticket_day and delivered.ticket_no = handed.ticket_no

where
    not delivered.is_deleted
    and coalesce(handed.owner_code = delivered.sender_code, delivered.is_own)
