-- Which unit a name stood for on a day. A platform may have two units of one name: the first by key answers for it.
with versions as (

    select
        *,
        coalesce(valid_to, date '9999-12-31') as valid_before
    from {{ ref('dim_unit') }}
    where is_registered

),

moments as (

    select platform_code, unit_name, valid_from as moment
    from versions

    union

    select platform_code, unit_name, valid_before as moment
    from versions

),

stretches as (

    select
        platform_code,
        unit_name,
        moment as valid_from,
        lead(moment) over (partition by platform_code, unit_name order by moment) as valid_before
    from moments

)

select
    stretches.platform_code,
    stretches.unit_name,
    stretches.valid_from,
    nullif(stretches.valid_before, date '9999-12-31') as valid_to,
    min(versions.unit_key) as unit_key,
    min_by(versions.unit_class, versions.unit_key) as unit_class,
    min_by(versions.district, versions.unit_key) as district,
    count(*) > 1 as is_ambiguous

from stretches
-- inner: in the gap between two validities the name stood for nobody
inner join versions
    on
        stretches.platform_code = versions.platform_code
        and stretches.unit_name = versions.unit_name
        and {{ holds_on('versions', 'stretches.valid_from') }}
group by stretches.platform_code, stretches.unit_name, stretches.valid_from, stretches.valid_before
