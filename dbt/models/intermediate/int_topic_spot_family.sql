-- How many cells could be a hot spot at all, seen or empty: those whose row and column reach the minimum.
with tables as (

    select
        spot_kind,
        month,
        platform_code,
        level,
        case when spot_kind = 'area_hour' then concat_ws('|', category, subcategory) end as matter,
        count(distinct case when is_row_tested then coalesce(district, cast(hour as varchar)) end) as row_count,
        count(distinct case
            when not is_column_tested then null
            when spot_kind = 'area_hour' then cast(hour as varchar)
            else concat_ws('|', category, subcategory)
        end) as column_count
    from {{ rows_of_changed_topic_months(ref('int_topic_spot_cell'), 'spot') }}
    group by
        spot_kind,
        month,
        platform_code,
        level,
        case when spot_kind = 'area_hour' then concat_ws('|', category, subcategory) end

)

select
    spot_kind,
    month,
    platform_code,
    level,
    cast(sum(row_count * column_count) as bigint) as tests

from tables

group by spot_kind, month, platform_code, level
