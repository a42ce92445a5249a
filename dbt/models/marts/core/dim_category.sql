select
    categories.code as category,
    categories.domain,
    domains.name_zh as domain_name,
    categories.name_en as category_en,
    categories.aliases

from {{ ref('categories') }} as categories
left join {{ ref('domains') }} as domains
    on categories.domain = domains.code
