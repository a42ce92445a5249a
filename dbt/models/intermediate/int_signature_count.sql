-- Eligible and hit, a row a signature, platform and month; a hit whose feed was not delivered is neither.
select
    signature,
    month,
    platform_code,
    cast(coalesce(sum(tickets) filter (where is_known and not is_reference), 0) as bigint) as eligible,
    cast(coalesce(sum(tickets) filter (where is_known and not is_reference and is_hit), 0) as bigint) as hits,
    cast(coalesce(sum(tickets) filter (where is_reference), 0) as bigint) as reference_eligible,
    cast(coalesce(sum(tickets) filter (where is_reference and is_hit), 0) as bigint) as reference_hits,
    cast(coalesce(sum(tickets) filter (where not is_known), 0) as bigint) as waiting,
    cast(null as varchar) as evidence

from {{ ref('int_signature_tally') }}
group by signature, month, platform_code

union all

select
    signature,
    month,
    platform_code,
    eligible,
    hits,
    0 as reference_eligible,
    0 as reference_hits,
    0 as waiting,
    evidence

from {{ ref('int_signature_report') }}
