-- What the ticket shows and no step tells of: a rating that was never given, a closing text of no closure. It waits for
-- all steps up to the day before the ticket was sent.
select
    {{ signature_row(
        is_hit='(traces.is_rated and traces.rated_at is null) or (traces.has_closing_text and traces.first_closed_at is null)',
        evidence="case when traces.has_closing_text and traces.first_closed_at is null then '办结意见' else '评价' end",
        beside="case when traces.has_closing_text and traces.first_closed_at is null then 'a closing text' else 'a rating' end",
        waits_for='ticket_events',
        waits_from='traces.accepted_at',
        waits_to="traces.delivered_at - interval '1 day'"
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces

-- what is answered in the call is closed with it
where traces.is_rated or (traces.has_closing_text and not traces.is_instant_answer)
