{{ config(materialized='incremental', incremental_strategy='replace_judged_months') }}
-- Impossible ones and those of rates by plain counts, all others by exact tails at one level over all signatures. What
-- rose above its own months is a lead; only what no honest platform shows is counted towards a doubt.
with judged as (

    select
        cases.*,
        evidence.p_limit,
        evidence.p_other,
        parameters.rare_for_doubt,
        cases.hits >= cases.fewest_hits
        and case
            when cases.alpha is null then cases.hits >= cast(cases.limit_share as decimal(18, 6)) * cases.eligible
            else evidence.p_limit <= cases.alpha
        end as is_above_limit,
        coalesce(cases.hits >= cases.fewest_hits and evidence.p_other <= cases.alpha, false) as is_above_other
    from {{ rows_of_judged_months(ref('int_signature_case')) }} as cases
    inner join {{ ref('signature_parameters') }} as parameters on {{ holds_on('parameters', 'cases.month') }}
    left join {{ ref('int_signature_evidence') }} as evidence
        on
            cases.month = evidence.month
            and cases.platform_code = evidence.platform_code
            and cases.signature = evidence.signature

),

flagged as (

    select
        *,
        case
            -- limits of the same month beside it: both, or an honest rush would be flagged
            when compared_with = 'reference' then is_above_limit and is_above_other
            else is_above_limit or is_above_other
        end as is_flagged,
        signature_type = 'rare' and is_above_limit and (compared_with <> 'reference' or is_above_other) as is_doubtful
    from judged

)

select
    ---------- scope
    flagged.month,
    flagged.platform_code,
    platforms.name_zh as platform_name,
    flagged.signature as signature_code,
    signatures.name_zh as signature_name,
    signatures.name_en as signature_name_en,
    flagged.signature_type,
    types.name_zh as signature_type_name,
    signatures.unit,

    ---------- counts
    flagged.eligible,
    flagged.hits,
    cast({{ percent_of('flagged.hits', 'flagged.eligible', 4) }} as decimal(9, 4)) as rate,
    cast(100 * flagged.base_share as decimal(9, 4)) as base_rate,
    cast(100 * flagged.limit_share as decimal(9, 4)) as limit_rate,
    cast(flagged.fewest_hits as integer) as fewest_hits,
    flagged.evidence,

    ---------- own history, or the limits beside it
    flagged.compared_with,
    cast(flagged.other_groups as integer) as own_history_months,
    flagged.other_eligible as own_history_eligible,
    flagged.other_hits as own_history_hits,
    cast({{ percent_of('flagged.other_hits', 'flagged.other_eligible', 4) }} as decimal(9, 4)) as own_history,

    ---------- judgement
    flagged.alpha,
    flagged.p_limit,
    flagged.p_other as p_own_history,
    flagged.reason is null and flagged.is_above_limit as is_above_limit,
    flagged.reason is null and flagged.is_above_other as is_above_own_history,
    flagged.reason is null and flagged.is_flagged as is_flagged,
    case
        when flagged.reason is not null or not flagged.is_flagged then 'none'
        when flagged.signature_type = 'impossible' then 'B'
        when
            flagged.is_doubtful
            and count(*) filter (where flagged.is_doubtful) over platform_month >= flagged.rare_for_doubt
            then 'B'
        else 'C'
    end as grade_contribution,
    flagged.reason,
    reasons.name_zh as reason_name,
    {{ origin_of('flagged.platform_code', 'flagged.month') }} as origin,
    {{ this_build() }} as built_in

from flagged
inner join {{ ref('signatures') }} as signatures
    on flagged.signature = signatures.code and {{ holds_on('signatures', 'flagged.month') }}
left join {{ ref('signature_types') }} as types on flagged.signature_type = types.code
left join {{ ref('signature_reasons') }} as reasons on flagged.reason = reasons.code
left join {{ ref('stg_platforms') }} as platforms on flagged.platform_code = platforms.code

window platform_month as (partition by flagged.month, flagged.platform_code)
