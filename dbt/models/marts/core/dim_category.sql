select
    categories.code || ':' || coalesce(versions.version, 1) as category_key,
    categories.code as category,
    coalesce(versions.version, 1) as version,
    coalesce(versions.domain, categories.domain) as domain,
    domains.name_zh as domain_name,
    categories.name_en as category_en,
    categories.aliases,
    versions.valid_from,
    versions.valid_to,
    versions.valid_to is null as is_current

from {{ ref('categories') }} as categories
left join {{ ref('category_versions') }} as versions on categories.code = versions.category
left join {{ ref('domains') }} as domains on coalesce(versions.domain, categories.domain) = domains.code
