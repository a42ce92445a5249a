select
    code as channel,
    name_zh as channel_name,
    name_en as channel_name_en,
    sort_order

from {{ ref('channels') }}
