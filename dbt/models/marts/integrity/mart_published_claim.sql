-- One row a figure: of all that it is held against, the gravest finding speaks.
with findings as (

    select
        findings.*,
        statuses.sort_order as gravity
    from {{ ref('int_claim_finding') }} as findings
    inner join {{ ref('claim_statuses') }} as statuses on findings.status = statuses.code

),

ranked as (

    select
        *,
        count(*) over (partition by document, figure_code) as checks,
        row_number() over (
            partition by document, figure_code
            order by gravity, basis, case when claim_code = figure_code then 0 else 1 end, claim_code
        ) as place
    from findings

)

select
    ---------- claim
    claims.claim_code,
    claims.document,
    claims.month,
    claims.period,
    claims.table_name,
    claims.row_name,
    claims.claim,
    gravest.basis,
    case
        when gravest.basis = 'document' and checked.check_kind is not null then relations.check_group
        when claims.measure = 'tickets' and claims.is_from_tickets then 'sum'
        when claims.measure = 'share_pct' and claims.is_from_tickets then 'share'
        when claims.measure in ('yoy_pct', 'mom_pct') and claims.is_from_tickets then 'growth'
        when claims.measure in ('rank', 'score_rank') and claims.is_from_tickets then 'rank'
        when claims.measure = 'score' and claims.is_from_tickets then 'cross_table'
        else 'given'
    end as "check",
    claims.measure,
    claims.share_of,

    ---------- scope
    claims.platform_code,
    claims.business_type,
    claims.domain_group,
    claims.category,
    claims.subcategory,

    ---------- stated and recomputed
    claims.stated_text,
    try_cast(claims.scale as integer) as scale,
    try_cast(claims.stated_value as decimal(18, 6)) as stated_value,
    try_cast(gravest.recomputed_value as decimal(18, 6)) as recomputed_value,
    try_cast(gravest.numerator as decimal(18, 4)) as numerator,
    try_cast(gravest.denominator as decimal(18, 4)) as denominator,
    try_cast(
        try_cast(gravest.recomputed_value as decimal(18, 6)) - claims.stated_value as decimal(18, 6)
    ) as difference,
    gravest.status,
    gravest.checks,

    ---------- what tickets give beside it
    try_cast(by_tickets.recomputed_value as decimal(18, 6)) as tickets_value,
    by_tickets.status as tickets_status,
    claims.tickets_origin,

    ---------- words
    checked.assumption_zh,
    checked.assumption_en,
    gravest.explanation_zh,
    gravest.explanation_en

from ranked as gravest
inner join {{ ref('int_claim_row') }} as claims
    on gravest.document = claims.document and gravest.figure_code = claims.claim_code
inner join {{ ref('int_claim_row') }} as checked
    on gravest.document = checked.document and gravest.claim_code = checked.claim_code
left join {{ ref('claim_relations') }} as relations on checked.check_kind = relations.code
left join findings as by_tickets
    on
        gravest.document = by_tickets.document
        and gravest.figure_code = by_tickets.figure_code
        and by_tickets.basis = 'tickets'

where gravest.place = 1
