-- Of each frame the rule that decides and all that hold: by calls and documents, and with simulated tickets beside it.
-- Where those who were called had never asked for anything, there is no verdict but the simulated one.
with origins as (

    select
        frame_no,
        calls_origin,
        {{ origin_of('platform_code', 'month') }} as origin
    from {{ ref('int_verdict_case') }}

),

bases as (

    select
        frame_no,
        'published' as basis,
        origin = 'real' as counts_tickets,
        true as is_leading
    from origins
    where calls_origin = 'real'

    union all

    -- tickets that are not real show how the rules work, in a row of their own
    select
        frame_no,
        'simulated' as basis,
        true as counts_tickets,
        calls_origin <> 'real' as is_leading
    from origins
    where origin <> 'real' or calls_origin <> 'real'

),

reasons as (

    select
        bases.basis,
        bases.counts_tickets,
        bases.is_leading,
        reasons.*,
        row_number() over (
            partition by bases.basis, reasons.frame_no
            order by reasons.sort_order, reasons.rule
        ) as place
    from bases
    inner join {{ ref('int_verdict_reason') }} as reasons on bases.frame_no = reasons.frame_no
    where reasons.rests_on = 'calls' or bases.counts_tickets

),

all_rules as (

    select
        basis,
        frame_no,
        {{ joined_texts('rule', ' ', 'sort_order') }} as rules
    from reasons
    group by basis, frame_no

)

select
    reasons.frame_no,
    reasons.basis,
    reasons.counts_tickets,
    reasons.is_leading,
    reasons.grade,
    reasons.rule,
    reasons.says_zh,
    reasons.says_en,
    all_rules.rules

from reasons
inner join all_rules on reasons.basis = all_rules.basis and reasons.frame_no = all_rules.frame_no
where reasons.place = 1
