with newest as (

    {{ newest_versions(ref('platforms')) }}

)

select
    code,
    name_zh,
    name_en,
    platform_kind,
    ticket_prefix,
    line_number,
    sort_order

from newest
