select
    {{ signature_row(
        is_hit=is_listed('complaint_subcategory', 'traces.subcategory', 'traces.platform_code', 'traces.month'),
        evidence='traces.subcategory'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces

where traces.business_type = 'consultation'
