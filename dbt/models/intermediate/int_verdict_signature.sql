-- What the signatures of a platform's tickets add to a verdict on its month.
select
    month,
    platform_code,
    count(*) filter (where grade_contribution = 'B' and signature_type = 'impossible') as impossible_signatures,
    count(*) filter (where grade_contribution = 'B' and signature_type = 'rare') as rare_signatures,
    count(*) filter (where grade_contribution = 'C') as lead_signatures,
    {{ joined_texts(
        "case when grade_contribution <> 'none' then signature_name || ' ' || hits || '/' || eligible end", '、', 'signature_code'
    ) }} as signatures_zh,
    {{ joined_texts(
        "case when grade_contribution <> 'none' then signature_name_en || ' ' || hits || '/' || eligible end", ', ', 'signature_code'
    ) }} as signatures_en

from {{ ref('mart_platform_signature') }}
group by month, platform_code
