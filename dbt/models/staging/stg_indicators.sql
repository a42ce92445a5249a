with newest as (

    {{ newest_versions(ref('indicators')) }}

)

select
    code,
    name_zh,
    name_en,
    unit,
    population,
    numerator_count,
    adds_up

from newest
