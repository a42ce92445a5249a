-- Every rule that holds of a frame, with a case for each rule of the seed: what it says is data, when it holds is here.
select
    cases.frame_no,
    rules.rule,
    rules.grade,
    rules.sort_order,
    rules.rests_on,
    rules.says_zh,
    rules.says_en

from {{ ref('int_verdict_case') }} as cases
inner join {{ ref('int_verdict_evidence') }} as evidence on cases.frame_no = evidence.frame_no
inner join {{ ref('verdict_rules') }} as rules on {{ holds_on('rules', 'cases.month') }}
where
    case rules.rule
        -- of a month: a weekly frame is no claim on the month's feed
        when 'own_feed_below_report'
            then cases.is_judged and not cases.is_weekly and cases.is_feed_complete and evidence.own_rates_below > 0
        when 'sample_refutes'
            then
                cases.is_judged and not cases.is_weekly
                and cases.design = 'random' and evidence.p_holm <= cases.name_alpha
        when 'weeks_refute'
            then cases.is_weekly and evidence.e_year >= {{ divide('cases.planned_platforms', 'cases.name_alpha') }}
        when 'more_bad_than_admitted'
            then cases.is_judged and evidence.contradicted_rates > 0 and evidence.tipping_error is not null
        -- one rate admits too few, all together admit enough
        when 'more_bad_than_one_rate_admits'
            then cases.is_judged and evidence.contradicted_rates > 0 and evidence.tipping_error is null
        -- by the month, not by the week
        when 'rates_withheld' then cases.is_judged and not cases.is_weekly and cases.withheld_rates > 0
        when 'fewer_than_checked'
            then coalesce(cases.stated_population, 0) < cases.drawn
        -- nor is the month over when its weeks are judged
        when 'feed_incomplete'
            then cases.is_judged and not cases.is_weekly and not coalesce(cases.is_feed_complete, false)
        when 'year_in_doubt' then cases.is_weekly and evidence.e_year >= cases.doubt_e_value
        when 'watch_in_doubt' then cases.is_weekly and evidence.e_watch >= cases.watch_statistic
        when 'unrecorded_sample_in_doubt'
            then cases.is_judged and cases.design <> 'random' and evidence.p_decide <= cases.doubt_alpha
        -- of a month's tickets, like the feed
        when 'impossible_signature'
            then cases.is_judged and not cases.is_weekly and cases.impossible_signatures > 0
        when 'rare_signatures' then cases.is_judged and not cases.is_weekly and cases.rare_signatures > 0
        when 'signature_leads' then cases.is_judged and not cases.is_weekly and cases.lead_signatures > 0
        when 'clearance'
            then
                cases.design = 'random' and evidence.clearance_e >= cases.clear_e_value
                and cases.drawn - cases.reached <= cases.most_unreached_share * cases.drawn
        when 'planned_sample_clean'
            then
                cases.design = 'random' and cases.bad = 0 and cases.unknown = 0
                and cases.reached = cases.drawn and cases.planned >= evidence.calls_to_meet
        when 'not_checked' then cases.drawn = 0
        when 'too_few' then cases.drawn > 0
    end
