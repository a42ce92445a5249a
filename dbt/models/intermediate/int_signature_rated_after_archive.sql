-- A rating noted when the ticket was archived, and nothing that would have opened it again.
select
    {{ signature_row(
        is_hit='traces.is_rated_after_archive',
        evidence='traces.archived_at',
        beside='traces.rated_at'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces

where traces.archived_at is not null and traces.rated_at is not null
