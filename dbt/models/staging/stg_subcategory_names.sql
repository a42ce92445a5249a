-- Every text that stands for a sub-category of a category, folded; of two that claim a text the first answers.
with texts as (

    select
        category,
        code as subcategory,
        sort_order,
        {{ each_text(['code', 'name_zh', 'aliases']) }} as text
    from {{ ref('subcategories') }}

)

select
    category,
    {{ folded_text('text') }} as text,
    min_by(subcategory, (sort_order, subcategory)) as subcategory

from texts

where text <> ''

group by category, {{ folded_text('text') }}
