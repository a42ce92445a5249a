with named as (

    select distinct unit_name, platform_code
    from {{ ref('int_unit_name') }}

),

registered as (

    select * from {{ ref('int_unit_tree') }}

),

-- tickets know a unit by name only; a name that no version in the register bears is a unit all the same
unregistered as (

    select named.unit_name, named.platform_code
    from named
    left join registered
        on named.platform_code = registered.platform_code and named.unit_name = registered.unit_name
    where registered.unit_name is null

),

units as (

    select
        platform_code || ':' || unit_code as unit_key,
        unit_name,
        platform_code,
        unit_code,
        unit_class,
        district,
        parent_unit_code,
        unit_level,
        unit_path,
        valid_from,
        valid_to,
        true as is_registered
    from registered

    union all

    select
        platform_code || ':' || unit_name as unit_key,
        unit_name,
        platform_code,
        null as unit_code,
        null as unit_class,
        null as district,
        null as parent_unit_code,
        null as unit_level,
        null as unit_path,
        null as valid_from,
        null as valid_to,
        false as is_registered
    from unregistered

)

select
    units.unit_key,
    units.unit_name,
    units.platform_code,
    units.unit_code,
    units.unit_class,
    classes.name_zh as unit_class_name,
    units.district,
    units.parent_unit_code,
    units.unit_level,
    units.unit_path,
    units.valid_from,
    units.valid_to,
    units.valid_to is null as is_current,
    units.is_registered

from units
left join {{ ref('unit_classes') }} as classes on units.unit_class = classes.code
