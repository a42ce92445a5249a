-- And the last version is the category's present domain, which ingest and the code list go by.
with versions as (

    select
        versions.*,
        categories.domain as present_domain,
        lead(versions.valid_from) over (partition by versions.category order by versions.version) as next_from
    from {{ ref('category_versions') }} as versions
    inner join {{ ref('categories') }} as categories on versions.category = categories.code

)

select * from versions
where
    valid_to <= valid_from
    or (next_from is null and (valid_to is not null or domain <> present_domain))
    or (next_from is not null and (valid_to is null or valid_to > next_from))
