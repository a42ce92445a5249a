-- Every text that stands for a category, folded. A text that two categories claim stands for the first of them.
with texts as (

    select
        code as category,
        sort_order,
        {{ each_text(['code', 'name_zh', 'name_en', 'aliases']) }} as text
    from {{ ref('categories') }}

)

select
    {{ folded_text('text') }} as text,
    min_by(category, (sort_order, category)) as category

from texts

where text <> ''

group by {{ folded_text('text') }}
