-- Why a claim is inconsistent, or not checkable, in words with the figures.
with figures as (

    select
        claims.claim_code,
        claims.check_kind,
        claims.measure,
        claims.stated_text,
        claims.stated_value,
        claim_values.recomputed_value,
        claim_values.is_within_rounding,
        operands.figure_code,
        {{ printed_text('claim_values.recomputed_value', 'claims.decimals') }} as recomputed,
        {{ printed_text('claim_values.least_implied', 'claims.decimals') }} as least,
        {{ printed_text('claim_values.most_implied', 'claims.decimals') }} as most,
        {{ printed_text('claim_values.numerator', '0') }} as numerator,
        {{ printed_text('claim_values.denominator', '0') }} as denominator,
        {{ printed_text('grim.most', '0') }} as count_below,
        {{ printed_text('grim.fewest', '0') }} as count_above,
        {{ printed_text('grim.value_at_most', 'claims.decimals') }} as value_below,
        {{ printed_text('grim.value_at_fewest', 'claims.decimals') }} as value_above,
        {{ printed_text('implied.base_nearest', '0') }} as implied_base,
        cast(bases.nearest_below as varchar) as nearest_below,
        cast(bases.nearest_above as varchar) as nearest_above,
        -- denominators that would make a share right
        {{ base_fewest('claims.stated_value', 'claims.decimals', 'claim_values.numerator', 100, 0) }} as part_of_fewest,
        {{ base_most('claims.stated_value', 'claims.decimals', 'claim_values.numerator', 100, 0) }} as part_of_most
    from {{ ref('stg_published_claims') }} as claims
    left join {{ ref('int_claim_value') }} as claim_values on claims.claim_code = claim_values.claim_code
    left join {{ ref('int_claim_grim') }} as grim on claims.claim_code = grim.claim_code
    left join {{ ref('int_claim_grim_base') }} as bases on claims.claim_code = bases.claim_code
    left join {{ ref('int_claim_implied') }} as implied on claims.claim_code = implied.claim_code
    left join {{ ref('int_claim_operand') }} as operands
        on
            claims.claim_code = operands.claim_code
            and claims.check_kind = 'same'
            and operands.role = 'operand'
            and operands.position = 1
    where claim_values.recomputed_value is null or claim_values.recomputed_value <> claims.stated_value

),

worded as (

    -- || passes null on: a hint that cannot be given leaves nothing behind
    select
        *,
        case
            when measure = 'share_pct' and part_of_fewest = part_of_most then cast(part_of_most as varchar)
            when measure = 'share_pct' and part_of_fewest < part_of_most then part_of_fewest || '–' || part_of_most
        end as part_of,
        coalesce(nearest_below || ' / ' || nearest_above, nearest_below, nearest_above) as nearest
    from figures

)

{% set languages = {
    'zh': {
        'given': "'文中没有可核对它的数字，只作其他条目的依据'",
        'missing': "'所依据的条目不全，无法核对'",
        'no_tickets': "'仓库没有所需月份的工单或指标，无法复算'",
        'ratio': "concat('按工单明细为', numerator, '÷', denominator, '＝', recomputed, '%，公布', stated_text, '%')",
        'figure': "concat('按明细复算为', recomputed, '，公布', stated_text)",
        'sum': "concat('各项相加为', recomputed, '，公布', stated_text)",
        'rounding': "'；差额在各项四舍五入误差之内'",
        'same': "concat('此处公布', stated_text, '，同一数字在另一处（', figure_code, '）为', recomputed)",
        'share': "concat(numerator, '÷', denominator, '＝', recomputed, '%，公布', stated_text, '%')",
        'part_of': "'；要得到公布值，分母应为' || part_of",
        'rank': "concat('按公布的数值排第', recomputed, '，公布排第', stated_text)",
        'count': "concat('实际列出', recomputed, '个，公布', stated_text, '个')",
        'grim': "concat('分母', denominator, '时，', count_below, '件为', value_below, '%，', count_above, '件为', "
            ~ "value_above, '%，没有整数能得出', stated_text, '%')",
        'nearest': "'；同一分母的各比率都可能的最近分母：' || nearest",
        'growth_grim': "concat('没有整数基期能得出', stated_text, '%；最接近的基期', denominator, '为', recomputed, '%')",
        'implied_growth': "concat('由各项件数和增幅推算基期共', implied_base, '件，合计增幅应为', recomputed, '%（计入舍入误差为', "
            ~ "least, '%至', most, '%），公布', stated_text, '%')",
        'implied_population': "concat('由各市件数和万人工单数量推算人口共', implied_base, '人，应为', recomputed, '（计入舍入误差为', "
            ~ "least, '至', most, '），公布', stated_text, '；没有一年的人口能同时符合部分与整体')",
    },
    'en': {
        'given': "'nothing in the document checks this figure; others are checked against it'",
        'missing': "'a figure that the check needs is missing'",
        'no_tickets': "'the warehouse has no tickets or indicators of a month that this needs'",
        'ratio': "concat('tickets give ', numerator, ' / ', denominator, ' = ', recomputed, ' %, stated ', stated_text, ' %')",
        'figure': "concat('recomputed ', recomputed, ', stated ', stated_text)",
        'sum': "concat('the parts add up to ', recomputed, ', stated ', stated_text)",
        'rounding': "'; rounding of the parts can explain it'",
        'same': "concat('stated ', stated_text, ' here and ', recomputed, ' in ', figure_code)",
        'share': "concat(numerator, ' / ', denominator, ' = ', recomputed, ' %, stated ', stated_text, ' %')",
        'part_of': "'; the stated share takes a denominator of ' || part_of",
        'rank': "concat('rank ', recomputed, ' by the printed values, stated ', stated_text)",
        'count': "concat(recomputed, ' are listed, stated ', stated_text)",
        'grim': "concat('out of ', denominator, ', ', count_below, ' is ', value_below, ' % and ', count_above, ' is ', "
            ~ "value_above, ' %: no whole number gives ', stated_text, ' %')",
        'nearest': "'; nearest denominators on which all rates of it are possible: ' || nearest",
        'growth_grim': "concat('no whole base gives ', stated_text, ' %; the nearest, ', denominator, ', gives ', recomputed, ' %')",
        'implied_growth': "concat('the parts imply a base of ', implied_base, ' and so growth of ', recomputed, ' % (', least, "
            ~ "' to ', most, ' with their rounding), stated ', stated_text, ' %')",
        'implied_population': "concat('the parts imply ', implied_base, ' inhabitants and so ', recomputed, ' (', least, ' to ', most, "
            ~ "' with their rounding), stated ', stated_text, ': the population of no year fits parts and whole')",
    },
} -%}
select
    {% for language, says in languages.items() -%}
    case
        when recomputed_value is null and check_kind = 'given' then {{ says['given'] }}
        when recomputed_value is null and check_kind is not null then {{ says['missing'] }}
        when recomputed_value is null then {{ says['no_tickets'] }}
        when check_kind is null and measure like '%pct' then {{ says['ratio'] }}
        when check_kind is null then {{ says['figure'] }}
        when check_kind = 'sum' and is_within_rounding then {{ says['sum'] }} || {{ says['rounding'] }}
        when check_kind = 'sum' then {{ says['sum'] }}
        when check_kind = 'share' then {{ says['share'] }} || coalesce({{ says['part_of'] }}, '')
        when check_kind = 'grim' then {{ says['grim'] }} || coalesce({{ says['nearest'] }}, '')
        {% for kind in ['same', 'rank', 'count', 'growth_grim', 'implied_growth', 'implied_population'] -%}
        when check_kind = '{{ kind }}' then {{ says[kind] }}
        {% endfor %}
        else {{ says['figure'] }}
    end as explanation_{{ language }},
    {% endfor -%}
    claim_code

from worded
