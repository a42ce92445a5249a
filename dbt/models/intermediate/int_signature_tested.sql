-- Cases that have a level and something to test, of the months that this build judges anew.
select
    month,
    platform_code,
    signature,
    eligible,
    hits,
    limit_share,
    other_groups,
    other_eligible,
    other_hits,
    month_variation

from {{ rows_of_judged_months(ref('int_signature_case')) }}
where alpha is not null and eligible > 0
