with inspected as (

    select
        *,
        cast(is_answer_inaccurate as integer)
        + cast(is_form_irregular as integer)
        + cast(is_fact_inconsistent as integer) as defect_count
    from {{ ref('stg_report_inspections') }}

)

select
    inspection_no,
    ticket_no,
    platform_code,
    {{ month_start('inspected_on') }} as month,
    inspected_on,
    is_qualified,
    is_answer_inaccurate,
    is_form_irregular,
    is_fact_inconsistent,
    defect_count,
    -- kept, not corrected: a report that failed without a named defect is a finding about the inspection
    is_qualified = (defect_count = 0) as is_consistent,
    delivery_day,
    file_hash,
    file_row_number

from inspected
