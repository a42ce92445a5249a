with versions as (

    select
        *,
        lead(valid_from) over (partition by platform_code, enterprise_code order by valid_from) as valid_to
    from {{ ref('stg_enterprises') }}

)

select
    platform_code || ':' || enterprise_code as enterprise_key,
    enterprise_code,
    platform_code,
    enterprise_name,
    category,
    vehicles,
    trips_10k,
    valid_from,
    valid_to,
    valid_to is null as is_current,
    delivery_day,
    file_hash,
    file_row_number

from versions
