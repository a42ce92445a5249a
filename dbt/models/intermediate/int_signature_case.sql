-- Every signature of every platform and month, whether anything was counted or not, with what it is compared with.
with months as (

    select distinct month from {{ ref('int_platform_month') }}

    union

    select distinct month from {{ ref('int_signature_count') }}

),

planned as (

    select
        months.month,
        platforms.code as platform_code,
        signatures.code as signature,
        signatures.signature_type,
        signatures.compared_with,
        signatures.unit,
        limits.fewest_hits,
        limits.base_share,
        limits.limit_share,
        -- one level for all signatures that have one
        {{ divide('limits.alpha', 'count(limits.alpha) over (partition by months.month, platforms.code)') }} as alpha,
        parameters.history_months,
        parameters.fewest_history_months,
        parameters.month_variation
    from months
    inner join {{ ref('platforms') }} as platforms on {{ holds_on('platforms', 'months.month') }}
    inner join {{ ref('signatures') }} as signatures on {{ holds_on('signatures', 'months.month') }}
    inner join {{ ref('signature_limits') }} as limits
        on signatures.code = limits.signature and {{ holds_on('limits', 'months.month') }}
    inner join {{ ref('signature_parameters') }} as parameters on {{ holds_on('parameters', 'months.month') }}

),

histories as (

    select
        planned.month,
        planned.platform_code,
        planned.signature,
        count(*) as months,
        sum(before.eligible) as eligible,
        sum(before.hits) as hits
    from planned
    inner join {{ ref('int_signature_count') }} as before
        on
            planned.platform_code = before.platform_code
            and planned.signature = before.signature
            and before.eligible > 0
            and {{ months_between('before.month', 'planned.month') }} between 1 and planned.history_months
    group by planned.month, planned.platform_code, planned.signature

),

accepted as (

    select month, platform_code, sum(eligible) as tickets
    from {{ ref('int_signature_count') }}
    where signature = 'number_of_another_day'
    group by month, platform_code

),

joined as (

    select
        planned.*,
        coalesce(counts.eligible, 0) as eligible,
        coalesce(counts.hits, 0) as hits,
        coalesce(counts.waiting, 0) as waiting,
        counts.evidence,
        coalesce(accepted.tickets, 0) as tickets,
        case
            when planned.compared_with = 'reference' then 2
            when histories.months >= planned.fewest_history_months then histories.months
            else 0
        end as other_groups,
        case planned.compared_with
            when 'reference' then coalesce(counts.reference_eligible, 0) else coalesce(histories.eligible, 0)
        end as other_eligible,
        case planned.compared_with
            when 'reference' then coalesce(counts.reference_hits, 0) else coalesce(histories.hits, 0)
        end as other_hits
    from planned
    left join {{ ref('int_signature_count') }} as counts
        on
            planned.month = counts.month
            and planned.platform_code = counts.platform_code
            and planned.signature = counts.signature
    left join histories
        on
            planned.month = histories.month
            and planned.platform_code = histories.platform_code
            and planned.signature = histories.signature
    left join accepted on planned.month = accepted.month and planned.platform_code = accepted.platform_code

)

select
    month,
    platform_code,
    signature,
    signature_type,
    compared_with,
    eligible,
    hits,
    evidence,
    fewest_hits,
    base_share,
    limit_share,
    alpha,
    other_groups,
    cast(other_eligible as bigint) as other_eligible,
    cast(other_hits as bigint) as other_hits,
    month_variation,
    case
        when eligible > 0 then null
        when waiting > 0 then 'feed_missing'
        when unit = 'tickets' and tickets = 0 then 'no_tickets'
        else 'nothing_to_judge'
    end as reason

from joined
