-- Whoever is told that a published figure is wrong is told why, in both languages and with the figure.
select
    claim_code,
    status,
    explanation_zh,
    explanation_en
from {{ ref('mart_published_claim') }}
where
    (status = 'consistent') is distinct from (explanation_zh is null)
    or (explanation_zh is null) is distinct from (explanation_en is null)
    or (status in ('inconsistent', 'truncated', 'conditional') and explanation_zh not like '%' || stated_text || '%')
    or (status in ('inconsistent', 'truncated', 'conditional') and explanation_en not like '%' || stated_text || '%')
