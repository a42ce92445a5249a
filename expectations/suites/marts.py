"""Suite ``marts``: the month's volumes, indicators and scores agree with one another and with the tickets."""

from __future__ import annotations

from functools import partial

import great_expectations.expectations as gxe

from expectations.scope import Scope
from expectations.shown import percent
from expectations.suites import Batch, Judgement, expect

VOLUME_CHECKS = (
    "platforms_complete",
    "platform_has_tickets",
    "volume_not_negative",
    "volume_matches_tickets",
    "category_matches_volume",
    "growth_matches_volume",
)
INDICATOR_CHECKS = ("indicator_parts_consistent", "computed_rate_in_range")
DELIVERY_CHECKS = ("rows_valid", "rows_about_own_tickets")
TICKET_CHECKS = ("ticket_times_plausible", "categories_known", "enterprises_registered")
CALENDAR_CHECKS = ("calendar_noticed",)
MAXIMUM_QUARANTINE_PCT = 1.0
SCORE_CHECKS = ("score_in_range", "score_deductions_add_up")
SCORE_TOLERANCE = 0.005
"""Half of the last printed digit: deductions are exact decimals, the total is rounded half up to two places."""

LOCATE = ["platform_name", "statement"]
"""Every batch says in Chinese what its row states: an auditor reads the sentence, not the columns."""


def judgements(scope: Scope) -> list[Judgement]:
    return [
        Judgement("marts_volumes", "marts", "平台业务量", VOLUME_CHECKS, None, partial(_volumes, scope)),
        Judgement("marts_deliveries", "marts", "平台报送", DELIVERY_CHECKS, None, partial(_deliveries, scope)),
        Judgement("marts_tickets", "marts", "工单时间与编码", TICKET_CHECKS, None, partial(_tickets, scope)),
        Judgement("marts_indicators", "marts", "月度指标", INDICATOR_CHECKS, None, partial(_indicators, scope)),
        Judgement("marts_scores", "marts", "考评得分", SCORE_CHECKS, None, partial(_scores, scope)),
        Judgement("marts_calendar", "marts", "工作日历", CALENDAR_CHECKS, None, partial(_calendar, scope)),
    ]


def _volumes(scope: Scope) -> Batch:
    """One row a platform of the register, with its tickets as each table counts them."""
    month = scope.newest_month("mart_volume_monthly")
    query = """
        with platforms as (
            select distinct platform_code, platform_name from marts.dim_platform
        ),
        tickets as (
            select platform_code, count(*) as tickets from marts.fct_ticket where accepted_month = $month group by all
        ),
        volumes as (
            select platform_code, sum(tickets) as volume_tickets, min(tickets) as smallest_cell
            from marts.mart_volume_monthly where month = $month group by all
        ),
        categories as (
            select platform_code, sum(tickets) as category_tickets
            from marts.mart_category_monthly where month = $month group by all
        ),
        growth as (
            select platform_code, sum(tickets) as growth_tickets
            from marts.mart_volume_growth where month = $month and rollup = 'platform' group by all
        )
        select
            platform_code,
            platform_name,
            coalesce(tickets, 0)::bigint as tickets,
            coalesce(volume_tickets, 0)::bigint as volume_tickets,
            coalesce(category_tickets, 0)::bigint as category_tickets,
            coalesce(growth_tickets, 0)::bigint as growth_tickets,
            smallest_cell,
            format(
                '明细 {} 件，业务量 {} 件，分类合计 {} 件，同比环比表 {} 件',
                coalesce(tickets, 0), coalesce(volume_tickets, 0)::bigint,
                coalesce(category_tickets, 0)::bigint, coalesce(growth_tickets, 0)::bigint
            ) as statement
        from platforms
        left join tickets using (platform_code)
        left join volumes using (platform_code)
        left join categories using (platform_code)
        left join growth using (platform_code)
        order by platform_code
    """
    frame = scope.warehouse.execute(query, {"month": month}).df()
    codes = scope.codes("platforms")
    check = partial(expect, entity_column="platform_code", mostly=1.0)
    equal = partial(check, expectation=gxe.ExpectColumnPairValuesToBeEqual, ignore_row_if="neither")
    catalogue = scope.catalogue
    return Batch(
        frame,
        [
            expect(
                catalogue["platforms_complete"],
                gxe.ExpectColumnDistinctValuesToEqualSet,
                f"平台维表恰好包含代码表中的 {len(codes)} 个平台",
                entity="warehouse",
                column="platform_code",
                value_set=codes,
            ),
            check(
                catalogue["platform_has_tickets"],
                gxe.ExpectColumnValuesToBeBetween,
                "当月工单不少于 1 件",
                column="tickets",
                min_value=1,
                max_value=None,
                strict_min=False,
                strict_max=False,
            ),
            check(
                catalogue["volume_not_negative"],
                gxe.ExpectColumnValuesToBeBetween,
                "业务量集市每一格不少于 1 件",
                column="smallest_cell",
                min_value=1,
                max_value=None,
                strict_min=False,
                strict_max=False,
            ),
            equal(
                catalogue["volume_matches_tickets"],
                description="业务量合计 = 工单明细行数",
                column_A="volume_tickets",
                column_B="tickets",
            ),
            equal(
                catalogue["category_matches_volume"],
                description="分类合计 = 业务量合计",
                column_A="category_tickets",
                column_B="volume_tickets",
            ),
            equal(
                catalogue["growth_matches_volume"],
                description="同比环比表的平台合计 = 业务量合计",
                column_A="growth_tickets",
                column_B="volume_tickets",
            ),
        ],
        LOCATE,
    )


def _deliveries(scope: Scope) -> Batch:
    """One row a platform: what it delivered in the month of the run's day and how much of that could not be used."""
    query = """
        with delivered as (
            select platform_code, sum(rows_in) as rows_in, sum(rows_quarantined) as rows_quarantined
            from marts.fct_feed_delivery
            -- rows of a file that could not be parsed are unknown, not bad
            where date_trunc('month', delivery_day) = date_trunc('month', $day::date) and rows_in is not null
            group by all
        ),
        foreigners as (
            select platform_code, sum(foreign_rows) as foreign_rows, min(example_ticket_no) as example_ticket_no
            from marts.mart_foreign_row where month = date_trunc('month', $day::date) group by all
        )
        select
            platform_code,
            platform_name,
            100.0 * rows_quarantined / nullif(rows_in, 0) as quarantine_pct,
            coalesce(foreign_rows, 0)::bigint as foreign_rows,
            format('当月报送 {} 行，隔离 {} 行，非本平台工单的记录 {} 条{}',
                   coalesce(rows_in, 0)::bigint, coalesce(rows_quarantined, 0)::bigint,
                   coalesce(foreign_rows, 0)::bigint,
                   coalesce('（如 ' || example_ticket_no || '）', '')) as statement
        from (select distinct platform_code, platform_name from marts.dim_platform) as platforms
        left join delivered using (platform_code)
        left join foreigners using (platform_code)
        order by platform_code
    """
    frame = scope.warehouse.execute(query, {"day": scope.day}).df()
    check = partial(expect, entity_column="platform_code", mostly=1.0, strict_min=False, strict_max=False)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["rows_valid"],
                gxe.ExpectColumnValuesToBeBetween,
                f"当月隔离行占比不超过 {MAXIMUM_QUARANTINE_PCT:g} %",
                column="quarantine_pct",
                min_value=None,
                max_value=MAXIMUM_QUARANTINE_PCT,
            ),
            check(
                scope.catalogue["rows_about_own_tickets"],
                gxe.ExpectColumnValuesToBeBetween,
                "当月没有非本平台工单的记录",
                column="foreign_rows",
                min_value=None,
                max_value=0,
            ),
        ],
        LOCATE,
    )


def _tickets(scope: Scope) -> Batch:
    """One row a platform: tickets of the month whose times cannot be true, or that name what no list knows."""
    query = """
        with doubtful as (
            select platform_code, count(*) as implausible, string_agg(distinct name_zh, '、' order by name_zh) as reasons
            from marts.fct_ticket
            inner join seeds.implausible_reasons as reasons
                on contains('|' || implausible_reasons || '|', '|' || reasons.code || '|')
            where accepted_month = $month and is_implausible group by all
        ),
        tickets as (
            select platform_code, count(*) filter (where is_implausible) as implausible
            from marts.fct_ticket where accepted_month = $month group by all
        ),
        outages as (
            select platform_code, count(*) as implausible
            from marts.fct_outage where month = $month and is_implausible group by all
        ),
        drift as (
            select
                platform_code,
                coalesce(sum(tickets) filter (where code_kind <> 'enterprise'), 0)::bigint as unknown_categories,
                coalesce(sum(tickets) filter (where code_kind = 'enterprise'), 0)::bigint as unknown_enterprises,
                arg_max(value, tickets) filter (where code_kind <> 'enterprise') as example_category,
                arg_max(value, tickets) filter (where code_kind = 'enterprise') as example_enterprise
            from marts.mart_code_drift where month = $month group by all
        )
        select
            platform_code,
            platform_name,
            (coalesce(tickets.implausible, 0) + coalesce(outages.implausible, 0))::bigint as implausible,
            coalesce(unknown_categories, 0)::bigint as unknown_categories,
            coalesce(unknown_enterprises, 0)::bigint as unknown_enterprises,
            format('时间存疑的工单 {} 件{}、断网记录 {} 条；类别名录外 {} 件{}；企业名录外 {} 件{}',
                   coalesce(tickets.implausible, 0), coalesce('（' || reasons || '）', ''),
                   coalesce(outages.implausible, 0),
                   coalesce(unknown_categories, 0), coalesce('（如“' || example_category || '”）', ''),
                   coalesce(unknown_enterprises, 0), coalesce('（如“' || example_enterprise || '”）', '')) as statement
        from (select distinct platform_code, platform_name from marts.dim_platform) as platforms
        left join doubtful using (platform_code)
        left join tickets using (platform_code)
        left join outages using (platform_code)
        left join drift using (platform_code)
        order by platform_code
    """
    frame = scope.warehouse.execute(query, {"month": scope.newest_month("mart_volume_monthly")}).df()
    check = partial(
        expect,
        expectation=gxe.ExpectColumnValuesToBeBetween,
        entity_column="platform_code",
        mostly=1.0,
        min_value=None,
        max_value=0,
        strict_min=False,
        strict_max=False,
    )
    catalogue = scope.catalogue
    return Batch(
        frame,
        [
            check(
                catalogue["ticket_times_plausible"],
                description="当月没有时间存疑的工单和断网记录",
                column="implausible",
            ),
            check(
                catalogue["categories_known"], description="当月工单的类别、子类均在名录内", column="unknown_categories"
            ),
            check(
                catalogue["enterprises_registered"], description="当月工单的企业均已登记", column="unknown_enterprises"
            ),
        ],
        LOCATE,
    )


def _indicators(scope: Scope) -> Batch:
    """One row a platform and rate computed from tickets, in percent."""
    query = (
        """
        select
            platform_code,
            platform_name,
            indicator_code,
            numerator::double as numerator,
            denominator::double as denominator,
            value::double as value,
            least(numerator, denominator)::double as smaller_part,
            format('{}：{:g} / {:g} = {:.2f} %', indicator_name,
                   numerator::double, denominator::double, """
        + percent("value")
        + """) as statement
        from marts.mart_indicator_monthly
        where month = $month and source = 'computed' and unit = 'percent' and denominator is not null
        order by platform_code, indicator_code
    """
    )
    frame = scope.warehouse.execute(query, {"month": scope.newest_month("mart_indicator_monthly")}).df()
    check = partial(expect, entity_column="platform_code", mostly=1.0)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["indicator_parts_consistent"],
                gxe.ExpectColumnPairValuesAToBeGreaterThanB,
                "分母 ≥ 分子",
                column_A="denominator",
                column_B="numerator",
                or_equal=True,
                ignore_row_if="neither",
            ),
            check(
                scope.catalogue["indicator_parts_consistent"],
                gxe.ExpectColumnValuesToBeBetween,
                "分子、分母不为负数",
                column="smaller_part",
                min_value=0.0,
                max_value=None,
                strict_min=False,
                strict_max=False,
            ),
            check(
                scope.catalogue["computed_rate_in_range"],
                gxe.ExpectColumnValuesToBeBetween,
                "0 ≤ 比率 ≤ 100",
                column="value",
                min_value=0.0,
                max_value=100.0,
                strict_min=False,
                strict_max=False,
            ),
        ],
        LOCATE,
    )


def _scores(scope: Scope) -> Batch:
    """One row a platform, ruleset and source, with the sum of its deductions beside the total."""
    query = """
        with deductions as (
            select month, platform_code, ruleset, source, sum(points) as deducted
            from marts.mart_score_deduction where month = $month group by all
        )
        select
            scores.platform_code,
            platform_name,
            scores.ruleset,
            scores.source,
            total_score::double as total_score,
            (greatest(rulesets.full_score - deducted, rulesets.minimum_score) - total_score)::double as unexplained,
            format('{}：总分 {:.2f}，扣分合计 {:.2f}',
                   case scores.source when 'reported' then '按上报值' when 'audited' then '按核验值'
                       when 'computed' then '按工单计算值' else scores.source end,
                   total_score::double, coalesce(deducted, 0)::double) as statement
        from marts.mart_score_monthly as scores
        inner join seeds.score_rulesets as rulesets on scores.ruleset = rulesets.ruleset
        left join deductions
            on scores.month = deductions.month
                and scores.platform_code = deductions.platform_code
                and scores.ruleset = deductions.ruleset
                and scores.source = deductions.source
        where scores.month = $month and total_score is not null
        order by scores.platform_code, scores.ruleset, scores.source
    """
    frame = scope.warehouse.execute(query, {"month": scope.newest_month("mart_score_monthly")}).df()
    check = partial(expect, entity_column="platform_code", mostly=1.0, strict_min=False, strict_max=False)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["score_in_range"],
                gxe.ExpectColumnValuesToBeBetween,
                "0 ≤ 总分 ≤ 100",
                column="total_score",
                min_value=0.0,
                max_value=100.0,
            ),
            check(
                scope.catalogue["score_deductions_add_up"],
                gxe.ExpectColumnValuesToBeBetween,
                f"满分减扣分合计与总分相差不超过 {SCORE_TOLERANCE}",
                column="unexplained",
                min_value=-SCORE_TOLERANCE,
                max_value=SCORE_TOLERANCE,
            ),
        ],
        LOCATE,
    )


def _calendar(scope: Scope) -> Batch:
    """One row: how many days the newest delivery is away from when the next notice must be there."""
    query = """
        select
            '全省' as platform_name,
            date_diff('day', newest, last_noticed - to_months($months)) as days_left,
            format('最新报送 {}，放假通知收录至 {} 年末', newest, year(last_noticed)) as statement
        from (select max(delivery_day) as newest from marts.fct_feed_delivery where delivery_day <= $day)
        cross join (select max(date_day) as last_noticed from marts.dim_date where not is_provisional)
        where newest is not null
    """
    # the notice of a year comes out in the last months of the year before
    months = int(scope.catalogue["calendar_noticed"].threshold)
    frame = scope.warehouse.execute(query, {"day": scope.day, "months": months}).df()
    return Batch(
        frame,
        [
            expect(
                scope.catalogue["calendar_noticed"],
                gxe.ExpectColumnValuesToBeBetween,
                f"最新报送早于放假通知收录年度末 {months} 个月以上",
                entity="warehouse",
                column="days_left",
                min_value=1,
                max_value=None,
                mostly=1.0,
                strict_min=False,
                strict_max=False,
            )
        ],
        LOCATE,
    )
