-- Cells that are large enough to be tested, each with the number of tests in its family.
select
    cells.*,
    families.tests

from {{ rows_of_changed_topic_months(ref('int_topic_spot_cell'), 'spot') }} as cells
inner join {{ ref('int_topic_spot_family') }} as families
    on
        cells.spot_kind = families.spot_kind
        and cells.month = families.month
        and cells.platform_code = families.platform_code
        and cells.level = families.level

where not cells.is_small_n
