with totals as (

    select
        deductions.month,
        deductions.platform_code,
        deductions.ruleset,
        deductions.source,
        deductions.origin,
        rulesets.name_zh as ruleset_name,
        rulesets.full_score,
        rulesets.used_by,
        rulesets.is_inferred,
        max(deductions.sampled) as sampled,
        count(*) - count(deductions.points) as missing_indicators,
        max(deductions.pending) as pending,

        -- one missing indicator leaves the score open: the sum of the others would flatter
        case
            when count(*) = count(deductions.points)
                then greatest(
                    round(max(rulesets.full_score) - sum(deductions.points), 2), max(rulesets.minimum_score)
                )
        end as total_score
    from {{ ref('int_score_deduction') }} as deductions
    inner join {{ ref('score_rulesets') }} as rulesets on deductions.ruleset = rulesets.ruleset
    group by
        deductions.month,
        deductions.platform_code,
        deductions.ruleset,
        deductions.source,
        deductions.origin,
        rulesets.name_zh,
        rulesets.full_score,
        rulesets.used_by,
        rulesets.is_inferred

),

published as (

    select
        *,
        case
            when total_score is not null
                then rank() over (partition by month, ruleset, source order by total_score desc nulls last)
        end as score_rank,
        count(total_score) over (partition by month, ruleset, source) as ranked_platforms
    from totals
    where source in ('reported', 'audited', 'computed')

)

select
    published.month,
    published.platform_code,
    platforms.name_zh as platform_name,
    published.ruleset,
    published.ruleset_name,
    published.source,
    published.origin,
    cast(published.total_score as decimal(6, 2)) as total_score,
    cast(published.full_score as decimal(6, 2)) as full_score,
    cast(published.score_rank as integer) as rank,
    cast(published.ranked_platforms as integer) as ranked_platforms,
    coalesce(published.used_by in (select p.code from {{ ref('provinces') }} as p), false) as is_used_here,
    published.is_inferred,
    cast(published.missing_indicators as integer) as missing_indicators,
    cast(published.pending as bigint) as pending,
    case when published.source = 'audited' then published.sampled end as sampled,
    case when published.source = 'audited' then published.sampled < parameters.small_sample_below end
        as is_small_sample,
    case when published.source = 'audited' then cast(favourable.total_score as decimal(6, 2)) end as score_upper95

from published
left join {{ ref('stg_platforms') }} as platforms on published.platform_code = platforms.code
left join totals as favourable
    on
        published.month = favourable.month
        and published.platform_code = favourable.platform_code
        and published.ruleset = favourable.ruleset
        and favourable.source = 'audited_upper95'
left join {{ ref('integrity_parameters') }} as parameters on {{ holds_on('parameters', 'published.month') }}
