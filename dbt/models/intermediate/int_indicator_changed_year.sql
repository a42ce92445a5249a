-- Years of which a month has changed, and the years after them: these are compared with the changed ones.
with changed as (

    select distinct cast(date_trunc('year', month) as date) as year_start
    from {{ ref('int_indicator_month_mark') }}
    where built_in > {{ last_finished_build() }}

),

affected as (

    select year_start, true as is_itself
    from changed

    union all

    select {{ add_months('year_start', 12) }} as year_start, false as is_itself
    from changed

)

select
    year_start,
    bool_or(is_itself) as is_itself

from affected

group by year_start
