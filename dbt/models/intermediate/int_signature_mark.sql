{{ config(materialized='incremental', incremental_strategy='append') }}
-- what a month's signatures are judged by: a month before that changes is in the history of this one
with marks as (

    select
        cases.signature,
        cases.month,
        {{ mark_of_rows([
            'cases.platform_code', 'cases.eligible', 'cases.hits', 'cases.evidence', 'cases.other_groups',
            'cases.other_eligible', 'cases.other_hits', 'cases.reason', 'simulated.platform_code'
        ]) }} as mark
    from {{ ref('int_signature_case') }} as cases
    left join {{ ref('int_simulated_month') }} as simulated
        on cases.month = simulated.month and cases.platform_code = simulated.platform_code
    group by cases.signature, cases.month

)

{{ changed_marks('marks', 'signature') }}
