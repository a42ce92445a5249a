-- Every unit with its place in the tree, one row per stretch of time in which neither it nor its superiors changed.
with recursive register as (

    select
        *,
        lead(valid_from) over (partition by platform_code, unit_code order by valid_from) as valid_to
    from {{ ref('stg_handling_units') }}

),

moments as (

    select distinct platform_code, valid_from as moment
    from register

),

standing as (

    select moments.moment, register.*
    from register
    inner join moments
        on
            register.platform_code = moments.platform_code
            and {{ holds_on('register', 'moments.moment') }}

),

tree as (

    -- a superior that the register does not know at that time leaves its units at the top
    select units.platform_code, units.moment, units.unit_code, 1 as unit_level, units.unit_name as unit_path
    from standing as units
    left join standing as superiors
        on
            units.platform_code = superiors.platform_code
            and units.moment = superiors.moment
            and units.parent_unit_code = superiors.unit_code
    where superiors.unit_code is null

    union all

    -- units whose superiors form a circle are never reached, so this ends
    select
        units.platform_code,
        units.moment,
        units.unit_code,
        tree.unit_level + 1 as unit_level,
        tree.unit_path || ' / ' || units.unit_name as unit_path
    from tree
    inner join standing as units
        on
            tree.platform_code = units.platform_code
            and tree.moment = units.moment
            and tree.unit_code = units.parent_unit_code

),

placed as (

    select
        standing.*,
        tree.unit_level,
        tree.unit_path,
        lag(tree.unit_path) over (
            partition by standing.platform_code, standing.unit_code order by standing.moment
        ) as path_before
    from standing
    left join tree
        on
            standing.platform_code = tree.platform_code
            and standing.moment = tree.moment
            and standing.unit_code = tree.unit_code

)

select
    platform_code,
    unit_code,
    unit_name,
    unit_class,
    district,
    parent_unit_code,
    unit_level,
    unit_path,
    moment as valid_from,
    lead(moment) over (partition by platform_code, unit_code order by moment) as valid_to

from placed

where moment = valid_from or unit_path is distinct from path_before
