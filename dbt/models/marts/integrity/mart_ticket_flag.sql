{{ config(materialized='incremental', incremental_strategy='replace_signature_months') }}
-- Every ticket that bears a signature, with what it shows. Leads to look at, whether the platform is flagged or not.
{%- set shown = {'evidence': 'hits.evidence', 'beside': 'hits.beside'} %}
with hits as (

    select
        *,
        {{ ticket_day('ticket_no') }} as ticket_day
    from {{ rows_of_signature_months(ref('int_signature_tally'), day='ticket_month') }}
    where ticket_no is not null and is_known

)

select
    ---------- scope
    hits.ticket_no,
    hits.platform_code,
    platforms.name_zh as platform_name,
    hits.month,
    hits.signature as signature_code,
    signatures.name_zh as signature_name,
    signatures.signature_type,

    ---------- words for the auditor
    {{ sentence('signatures.says_zh', shown) }} as evidence,
    {{ sentence('signatures.says_en', shown) }} as evidence_en,

    ---------- lineage
    {{ origin_of_ticket('hits') }} as origin,
    hits.ticket_month,
    {{ this_build() }} as built_in

from hits
inner join {{ ref('signatures') }} as signatures
    on hits.signature = signatures.code and {{ holds_on('signatures', 'hits.month') }}
left join {{ ref('stg_platforms') }} as platforms on hits.platform_code = platforms.code
