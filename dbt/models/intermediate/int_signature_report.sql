-- Signatures that are counted of rows and of rates; small, and made anew each time.
{% for code in report_signatures() -%}
select
    '{{ code }}' as signature,
    counts.month,
    counts.platform_code,
    counts.eligible,
    counts.hits,
    counts.evidence
from {{ ref('int_signature_' ~ code) }} as counts
{% if not loop.last %}
union all

{% endif -%}
{% endfor %}
