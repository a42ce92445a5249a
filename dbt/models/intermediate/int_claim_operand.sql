-- The figures that every check within a document names, one row a figure, in the order named.
with lists as (

    {% for role, codes in {'operand': 'operands', 'base': 'base'}.items() -%}
    select
        claim_code,
        '{{ role }}' as role,
        {{ codes }} as codes,
        length({{ codes }}) - length(replace({{ codes }}, '|', '')) + 1 as listed
    from {{ ref('stg_published_claims') }}
    where {{ codes }} is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
),

positions as (

    {{ numbers_below(4) }}

),

named as (

    select
        lists.claim_code,
        lists.role,
        positions.n + 1 as position,
        case when split_part(lists.codes, '|', positions.n + 1) like '-%' then -1 else 1 end as sign,
        replace('|' || split_part(lists.codes, '|', positions.n + 1), '|-', '|') as barred_code
    from lists
    inner join positions on lists.listed > positions.n

)

-- left join: a code that no figure has must show as a missing value, not vanish from the sum
select
    named.claim_code,
    named.role,
    named.position,
    named.sign,
    figures.claim_code as figure_code,
    figures.stated_text,
    try_cast(named.sign * cast(figures.stated_value as decimal(28, 6)) * figures.scale as decimal(18, 4)) as value,
    figures.decimals,
    -- counts are exact; everything else was rounded to the unit of its last decimal
    try_cast(
        case
            when figures.measure in ('tickets', 'count') and figures.scale = 1 then 0
            else figures.scale * 0.5 / {{ power_of_ten('figures.decimals') }}
        end as decimal(18, 4)
    ) as half_unit

from named
left join {{ ref('stg_published_claims') }} as figures on replace(named.barred_code, '|', '') = figures.claim_code
