with plans as (

    select * from {{ source('quality', 'plans') }}

),

results as (

    select * from {{ source('quality', 'results') }}

)

select
    ---------- run
    plans.run_id,
    plans.checked_at,
    plans.day,
    rank() over (order by plans.day desc, plans.checked_at desc, plans.run_id desc) = 1 as is_latest,

    ---------- check
    plans.suite,
    plans.check_code,
    plans.check_name_zh,
    plans.check_name_en,
    plans.description_zh,
    plans.description_en,
    plans.severity,
    plans.blocks_publication,
    plans.sort_order,

    ---------- entity
    plans.entity_kind,
    plans.entity_code,
    plans.entity_name,

    ---------- result
    -- left, not inner: a planned check without a result was not evaluated, which is an error and not an absence
    coalesce(results.status, 'error') as status,
    coalesce(results.observed, '未能判断') as observed,
    results.expected,
    results.evidence

from plans
left join results
    on
        plans.run_id = results.run_id
        and plans.check_code = results.check_code
        and plans.entity_code = results.entity_code
