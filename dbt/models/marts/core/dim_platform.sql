select
    platforms.code as platform_code,
    platforms.name_zh as platform_name,
    platforms.name_en as platform_name_en,
    platforms.platform_kind,
    platforms.ticket_prefix,
    platforms.line_number,
    platforms.sort_order,
    tiles.tile_row,
    tiles.tile_column,
    population.population_10k,
    population.source as population_source,
    population.valid_from,
    population.valid_to

from {{ ref('stg_platforms') }} as platforms
left join {{ ref('platform_population') }} as population
    on platforms.code = population.platform_code
left join {{ ref('platform_tiles') }} as tiles on platforms.code = tiles.platform_code
