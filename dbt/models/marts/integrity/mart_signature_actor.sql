{{ config(materialized='incremental', incremental_strategy='replace_judged_months') }}
-- Who of a platform bears a signature more often than the others: where to look first. Never part of a grade.
select
    ---------- scope
    cases.month,
    cases.platform_code,
    platforms.name_zh as platform_name,
    cases.signature as signature_code,
    signatures.name_zh as signature_name,
    signatures.signature_type,
    cases.actor_kind,
    cases.actor,

    ---------- counts
    cases.eligible,
    cases.hits,
    cast({{ percent_of('cases.hits', 'cases.eligible', 4) }} as decimal(9, 4)) as rate,
    cases.other_eligible,
    cases.other_hits,
    cast({{ percent_of('cases.other_hits', 'cases.other_eligible', 4) }} as decimal(9, 4)) as other_rate,

    ---------- judgement
    evidence.p_value,
    evidence.p_adjusted,
    coalesce(evidence.p_adjusted <= cases.actor_alpha, false) as is_flagged,
    {{ origin_of('cases.platform_code', 'cases.month') }} as origin,
    {{ this_build() }} as built_in

from {{ ref('int_signature_actor_case') }} as cases
inner join {{ ref('signatures') }} as signatures
    on cases.signature = signatures.code and {{ holds_on('signatures', 'cases.month') }}
left join {{ ref('int_signature_actor_evidence') }} as evidence
    on
        cases.month = evidence.month
        and cases.platform_code = evidence.platform_code
        and cases.signature = evidence.signature
        and cases.actor_kind = evidence.actor_kind
        and cases.actor = evidence.actor
left join {{ ref('stg_platforms') }} as platforms on cases.platform_code = platforms.code
