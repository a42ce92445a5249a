-- Closing texts that several tickets of the platform share or nearly share; an approved reply may be given to all.
select
    {{ signature_row(
        is_hit='not copies.is_template',
        evidence='copies.cluster_size',
        beside='copies.cluster_no'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
left join {{ ref('int_text_near_duplicate') }} as copies on traces.ticket_no = copies.ticket_no
inner join {{ ref('signature_limits') }} as limits
    on limits.signature = 'copied_closing_text' and {{ holds_on('limits', 'traces.month') }}
where traces.has_closing_text and not traces.is_instant_answer
