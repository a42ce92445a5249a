select
    ---------- ids
    ticket_no,
    platform_code,
    caller_key,

    ---------- classification
    business_type,
    domain,
    category,
    subcategory,
    complexity,
    channel,
    district,
    enterprise_name,
    handling_unit,

    ---------- outcome
    rating,
    resolution,
    closing_text,

    ---------- timestamps
    accepted_at,
    due_at as stated_due_at,

    ---------- lineage
    sender_code,
    delivery_day,
    delivered_at,
    file_hash,
    file_row_number,
    ticket_day,
    built_in

from {{ ref('base_tickets') }}

where not is_deleted
