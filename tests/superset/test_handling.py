"""Indicators, backlog, obligations and handling: drawn in a real browser and compared with the published warehouse."""

from __future__ import annotations

import re
from collections import defaultdict
from fractions import Fraction
from itertools import groupby
from math import ceil, floor
from operator import itemgetter

import browser
import duckdb
import pytest
from browser import Dashboard, number, table
from playwright.sync_api import Page

from hotline.stack.superset import Superset

SLUG = "hotline-handling"
pytestmark = pytest.mark.visit(SLUG, "auditor")
PICTURES = {"dashboard-indicators": ("二、各项指标", "四、报送与计算对照")}
MONTH = "period_kind = 'month' and period_start = date '2024-09-01'"


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


FLOW, MATRIX = "工单卡在哪个环节：各环节停留时间与仍在件数", "哪个平台卡在哪里（90 分位，小时）"
RETURNS, CONTACT = "退单与来回转派：谁退给了谁（最多的在前）", "先行联系与办结报告抽查（各平台）"
WAITS_FOR = {
    "受理待派单": {"dispatch", "redispatch"}, "派单待签收": {"sign"}, "退单待重派": {"dispatch", "redispatch"},
    "签收待联系": {"first_contact"}, "联系后办理": {"close"}, "挂起": {"resume"}, "办结待回访": {"callback"},
    "回访待评价": {"rate"},
}  # fmt: skip
"""The stages in their order, and the steps by which a ticket is meant to leave them."""
OF_STATUS = dict(
    zip(("accepted", "dispatched", "returned", "signed", "in_progress", "suspended"), WAITS_FOR, strict=False)
)
KNOWN_UNTIL = "timestamp '2024-10-08 00:00:00'"


class Stay:
    """What one ticket spent in one stage."""

    def __init__(self) -> None:
        self.seconds, self.visits, self.since, self.by_step = 0, 0, None, False


def walk(events: list[tuple]) -> dict[str, Stay]:
    """The stages that a ticket went through, from its events (step, status after it, instant), one after the other."""
    stays: dict[str, Stay] = defaultdict(Stay)
    now, status_before, place = None, None, 0
    for step, status, instant in events:
        new = OF_STATUS.get(status)
        if status == "closed":
            place = max(0 if status_before != "closed" else place, {"callback": 1, "rate": 2}.get(step, 0))
            new = ("办结待回访", "回访待评价", None)[place]
        if new != now:
            if now:
                stays[now].seconds += instant - stays[now].since
                stays[now].since, stays[now].by_step = None, step in WAITS_FOR[now]
            if new:
                stays[new].since = instant
                stays[new].visits += 1
        now, status_before = new, status
    return stays


def stays_of(published: duckdb.DuckDBPyConnection, month: str) -> dict[str, list[dict[str, Stay]]]:
    """By platform what each ticket of the month spent, but those that were settled in the call; and until when all is known."""
    rows = published.execute(
        f"""select platform_name, ticket_no, is_implausible, event_type, to_status, epoch(occurred_at)::bigint
        from (
            select *, count(*) filter (event_type in ('dispatch', 'redispatch', 'rework', 'sign', 'return', 'first_contact', 'handle'))
                over (partition by ticket_no order by event_seq) > 0 as is_passed_on
            from marts.fct_ticket_event where ticket_day >= date '{month}' and ticket_day < date '{month}' + interval 1 month
        ) join (select ticket_no, is_instant_answer, is_implausible from marts.fct_ticket) using (ticket_no)
        join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code)
        where is_passed_on or not is_instant_answer order by ticket_no, event_seq"""
    ).fetchall()
    assert len(rows) > 50_000
    walked: dict[str, list[dict[str, Stay]]] = defaultdict(list)
    for (platform, _, is_implausible), events in groupby(rows, key=itemgetter(0, 1, 2)):
        stays = walk([event[3:] for event in events])
        for stay in stays.values():
            stay.seconds = None if is_implausible else stay.seconds
        walked[platform].append(stays)
        walked["全省"].append(stays)
    return walked


def hours(seconds: float | Fraction) -> str:
    """As it is drawn: to two places half up, of which one is shown from an hour on."""
    rounded = floor(Fraction(seconds) / 36 + Fraction(1, 2)) / 100
    return f"{rounded:,.1f}" if rounded >= 1 else f"{rounded:.2f}"


def nearest_rank(seconds: list[int], tenths: int, of: int) -> str | None:
    """The shortest time that so many tenths of ``of`` did not exceed; None when so many have no time."""
    place = ceil(Fraction(tenths * of, 10))
    return hours(sorted(seconds)[place - 1]) if seconds and place <= len(seconds) else None


def counted(tickets: list[dict[str, Stay]], stage: str, until: int) -> list[str]:
    """The figures of a stage as the picture prints them, but its share."""
    stays = [stays[stage] for stays in tickets if stage in stays]
    still = [stay for stay in stays if stay.since is not None]
    timed = [s.seconds for s in stays if s.since is None and s.by_step and s.seconds is not None]
    ages = [max(until - stay.since, 0) for stay in still if stay.seconds is not None]
    plausible = [stay.seconds for stay in stays if stay.seconds is not None]
    return [
        f"{len(stays):,}", f"{len(stays) - len(still):,}",
        f"{sum(stay.since is None and not stay.by_step for stay in stays):,}",
        nearest_rank(timed, 5, len(timed)) or "—", nearest_rank(timed, 9, len(timed)) or "—",
        nearest_rank(timed, 9, len(stays)) or "未到",
        hours(Fraction(sum(plausible) + sum(ages), len(plausible))) if plausible else "—",
        f"{len(still):,}", hours(max(ages)) if ages else "—",
    ]  # fmt: skip


def assert_flow(dashboard: Dashboard, published: duckdb.DuckDBPyConnection, month: str, area: str) -> None:
    (until,) = published.execute(f"select epoch({KNOWN_UNTIL})::bigint").fetchone()
    tickets = stays_of(published, month)[area]
    cells = browser.chart(dashboard.page, FLOW).locator(".stages > *").all_inner_texts()
    drawn = {row[0].rstrip("*"): row[1:] for row in zip(*[iter(cells[11:])] * 11, strict=True)}
    assert list(drawn) == [stage for stage in WAITS_FOR if any(stage in stays for stays in tickets)]
    spent = {}
    for stage in drawn:
        stays = [stays[stage] for stays in tickets if stage in stays and stays[stage].seconds is not None]
        spent[stage] = sum(stay.seconds + max(until - (stay.since or until), 0) for stay in stays)
    for stage, (share, *figures) in drawn.items():
        assert figures == counted(tickets, stage, until), stage
        tenths = floor(Fraction(1000 * spent[stage], sum(spent.values())))
        assert share == f"{max(tenths, 1) / 10:.1f}%" and 0 < spent[stage] < sum(spent.values())


def test_the_stages_are_those_of_the_events_and_on_the_first_screen(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    box = browser.chart(dashboard.page, FLOW).bounding_box()
    assert box["y"] + box["height"] <= 768
    assert_flow(dashboard, published, "2024-09-01", "全省")


def test_each_platform_stands_beside_the_others_with_what_is_left(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    walked = stays_of(published, "2024-09-01")
    drawn = browser.chart(dashboard.page, MATRIX)
    cells = dict(drawn.locator(".cell > span").evaluate_all("cells => cells.map(cell => [cell.title, cell.innerText])"))
    expected = {}
    for area, tickets in walked.items():
        for stage in WAITS_FOR:
            entered, _, skipped, _, slow, _, _, still, _ = counted(tickets, stage, 0)
            if entered != "0":
                timed = sum(
                    s[stage].by_step and s[stage].since is None and s[stage].seconds is not None
                    for s in tickets
                    if stage in s
                )
                small = "*" if number(entered) < 30 else ""
                title = f"{area} {stage}：进入 {entered} 件，经应有步骤离开 {timed:,} 件，越过 {skipped} 件，仍在 {still} 件"
                expected[title] = slow + small + (f"+{still}" if still != "0" else "")
    assert {title: text.replace("\n", "") for title, text in cells.items()} == expected
    assert len(drawn.locator(".name:not(.head)").all()) == 16


def returns_of(published: duckdb.DuckDBPyConnection) -> dict[tuple, list[int]]:
    """Platform, returning unit, next unit: returns, second returns, tickets that came back, tickets that the unit had."""
    rows = published.execute(
        """select platform_name, ticket_no, event_type, unit_name, to_unit from marts.fct_ticket_event
        join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code)
        where ticket_day >= date '2024-09-01' and ticket_day < date '2024-10-01'
            and (event_type = 'return' or to_unit is not null and event_type not in ('accept', 'instant_answer'))
        order by ticket_no, event_seq"""
    ).fetchall()
    pairs: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0])
    had: dict[tuple, set[str]] = defaultdict(set)
    for (platform, ticket), steps in groupby(rows, key=itemgetter(0, 1)):
        life, holder = [], None
        for _, _, step, actor, to in steps:
            holder = (holder or actor) if step == "return" else to
            life.append((step, holder))
            had[platform, holder].add(ticket)
            holder = None if step == "return" else holder
        returned = [place for place, (step, _) in enumerate(life) if step == "return"]
        fro = set()
        for place in returned:
            unit, after = life[place][1], [holder for _, holder in life[place + 1 :]]
            pair = (platform, unit, after[0] if after else None)
            pairs[pair][0] += 1
            pairs[pair][1] += place != returned[0]
            if after and after[0] != unit and unit in after:
                fro.add(pair)
        for pair in fro:
            pairs[pair][2] += 1
    return {pair: [*counts, len(had[pair[:2]])] for pair, counts in pairs.items()}


def test_returns_are_told_by_pair_of_units_the_worst_first(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    pairs = returns_of(published)
    rows = table(dashboard.page, RETURNS)
    for row in rows:
        to = {"原单位": row["退回单位"], "尚未承接": None}.get(row["随后承接单位"], row["随后承接单位"])
        counts = pairs[row["平台"], row["退回单位"], to]
        assert [number(row[name]) for name in ("退单（次）", "再次退单（次）", "来回（件）", "承接（件）")] == counts
        assert number(row["每百件退单（次）"]) == pytest.approx(100 * counts[0] / counts[3], abs=0.0051)
    shown = [number(row["每百件退单（次）"]) for row in rows]
    large = sorted((100 * n / had for n, _, _, had in pairs.values() if had >= 30), reverse=True)
    assert shown == pytest.approx(large[: len(rows)], abs=0.0051)
    assert len(rows) == 15 and all("小样本" not in row["标记"] for row in rows)


def test_contacts_and_inspections_stand_with_numerator_and_denominator(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    platforms = "(select distinct platform_code, platform_name from marts.dim_platform)"
    contacts = published.execute(
        f"""select platform_name, count(*) filter (is_first_contact_in_time), count(is_first_contact_in_time)
        from marts.fct_ticket_metric join {platforms} using (platform_code)
        where accepted_month = date '2024-09-01' group by all"""
    ).fetchall()
    inspections = {
        name: counts
        for name, *counts in published.execute(
            f"""select platform_name, count(*) filter (not is_qualified), count(*),
                count(*) filter (not is_qualified and is_answer_inaccurate),
                count(*) filter (not is_qualified and is_form_irregular),
                count(*) filter (not is_qualified and is_fact_inconsistent)
            from marts.fct_report_inspection join {platforms} using (platform_code)
            where month = date '2024-09-01' group by all"""
        ).fetchall()
    }
    rows = {row["平台"]: row for row in table(dashboard.page, CONTACT)}
    assert len(rows) == len(contacts) == 15 and sum(counts[1] for counts in inspections.values()) > 100
    for name, in_time, owed in contacts:
        row, (failed, inspected, *defects) = rows[name], inspections[name]
        assert (row["及时 / 应联系"], row["不合格 / 抽查"]) == (
            f"{in_time:,} / {owed:,}",
            f"{failed:,} / {inspected:,}",
        )
        assert number(row["先行联系率（%）"]) == pytest.approx(100 * in_time / owed, abs=0.0051)
        assert number(row["抽查不合格率（%）"]) == pytest.approx(100 * failed / inspected, abs=0.0051)
        shown = [row[f"{defect} / 不合格"] for defect in ("答复不准确", "填写不规范", "事实与说明不一致")]
        assert shown == [f"{count} / {failed}" if failed else "—" for count in defects]


@pytest.mark.visit(SLUG, "shenyang")
def test_a_city_sees_its_own_stages_and_units_alone(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    assert browser.chart(dashboard.page, MATRIX).locator(".name:not(.head)").all_inner_texts() == ["沈阳"]
    assert {row["平台"] for row in table(dashboard.page, RETURNS)} == {"沈阳"}
    assert [row["平台"] for row in table(dashboard.page, CONTACT)] == ["沈阳"]
    assert_flow(dashboard, published, "2024-09-01", "沈阳")
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_every_indicator_is_shown_with_its_definition(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = {row["指标"]: row for row in table(dashboard.page, "各项指标")}
    stored = published.execute(
        "select indicator_name, value, numerator, denominator, numerator_zh, denominator_zh, is_small_sample "
        "from marts.mart_indicator join marts.dim_indicator using (indicator_code, indicator_name) "
        f"where {MONTH} and scope_kind = 'province' and value is not null"
    ).fetchall()
    assert len(stored) == len(rows) > 25
    for name, value, numerator, denominator, counted, base, is_small in stored:
        row = rows[name]
        assert number(row["指标值"]) == pytest.approx(float(value), abs=0.0051)
        for label, figure in (("分子", numerator), ("分母", denominator)):
            assert row[label] == "—" if figure is None else number(row[label]) == pytest.approx(float(figure), abs=0.51)
        assert all(text in row["口径：分子 / 分母"] for text in (counted, base) if text)
        assert ("小样本" in row["标记"]) == is_small


def test_platforms_stand_beside_what_they_reported(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    rows = table(dashboard.page, "各平台：计算值与报送值")
    stored = published.execute(
        "select platform_name, value, reported_value from marts.mart_indicator "
        f"where {MONTH} and scope_kind = 'platform' and indicator_code = 'complaint_24h_close'"
    ).fetchall()
    assert len(rows) == len(stored) == 15
    for name, value, reported in stored:
        (row,) = [row for row in rows if row["平台"] == name]
        assert (number(row["计算值"]), number(row["报送值"])) == pytest.approx(
            (float(value), float(reported)), abs=0.0051
        )
        assert number(row["计算减报送"]) == pytest.approx(float(value - reported), abs=0.0051)


def test_a_range_of_days_sums_before_it_divides(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    """Of all days: the sum of the months."""
    months = dict(
        (name, (numerator, denominator))
        for name, numerator, denominator in published.execute(
            "select platform_name, sum(numerator)::int, sum(denominator)::int from marts.mart_indicator "
            "where period_kind = 'month' and scope_kind = 'platform' and indicator_code = 'complaint_24h_close' "
            "group by all"
        ).fetchall()
    )
    for row in table(dashboard.page, "任意日期区间的指标值"):
        numerator, denominator = number(row["分子合计"]), number(row["分母合计"])
        assert (numerator, denominator) == months.pop(row["平台"])
        assert number(row["指标值"]) == pytest.approx(100 * numerator / denominator, abs=0.0051)
    assert months == {}


def test_days_of_open_tickets_are_those_of_the_warehouse(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "各平台新增、办结与积压")
    (open_days,) = published.execute("select sum(closing) from marts.fct_backlog_daily").fetchone()
    assert sum(number(row["在办件·日"]) for row in rows) == open_days
    bars = dashboard.data["每日期末在办（按龄段，件）"]
    bands = [sum(day[label] or 0 for day in bars) for label in bars[0] if label.startswith("age_")]
    assert sum(bands) == open_days and len(bands) == 5


def test_open_tickets_are_listed_and_are_the_backlog_of_the_last_day(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    """Counted from the events: what the last step before the date of the data left open."""
    until = "timestamp '2024-10-08 00:00:00'"
    expected = published.execute(
        f"""select platform_name, ticket_no, status_zh, strftime(due_at, '%m-%d %H:%M')
        from (
            select ticket_no, platform_name, max_by(to_status, event_seq) as status from marts.fct_ticket_event
            join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code)
            where occurred_at < {until} group by all
        ) join marts.fct_ticket using (ticket_no)
        join (values ('accepted', '已受理'), ('dispatched', '已派单'), ('signed', '已签收'), ('returned', '已退单'),
            ('in_progress', '办理中'), ('suspended', '已挂起')) as names (status, status_zh) using (status)
        order by due_at, accepted_at"""
    ).fetchall()
    rows = table(dashboard.page, "在办工单：已逾期、今日到期和最早到期的")
    assert [(row["平台"], row["工单编号"], row["当前状态"], row["到期"]) for row in rows] == expected != []
    assert all(re.fullmatch(r"剩工作 [0-9]+时[0-9]+分", row["剩余"]) for row in rows)
    backlog = published.execute(
        "select platform_name, sum(closing)::int from marts.fct_backlog_daily join (select distinct platform_code, platform_name "
        "from marts.dim_platform) using (platform_code) where date_day = date '2024-10-07' group by all"
    ).fetchall()
    counted = {row["平台"]: int(row["在办（件）"]) for row in table(dashboard.page, "各平台在办与逾期")}
    assert len(counted) == 15 and {name: n for name, n in counted.items() if n} == dict(backlog)


def test_obligations_that_are_not_due_are_not_in_the_rate(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    owed, on_time = published.execute(
        "select count(*) filter (status <> 'pending'), count(*) filter (status = 'on_time') "
        "from marts.mart_feed_obligation"
    ).fetchone()
    for title in ("数据报送及时率（各平台）", "数据报送及时率（各接口）"):
        rows = table(dashboard.page, title)
        assert sum(number(row["应报（份）"]) for row in rows) == owed
        assert sum(number(row["按时（份）"]) for row in rows) == on_time


def choose_period(page: Page, name: str) -> None:
    page.locator(".filter-item-wrapper .ant-select, [data-test=form-item-value] .ant-select").first.click()
    page.get_by_title(name).first.click()
    page.locator("[data-test=filter-bar__apply-button]").click()


@pytest.mark.visit(SLUG, "auditor", changes=True)
def test_the_period_filter_changes_the_indicators(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    """To a quarter, of which one month is missing, and that is said."""
    dashboard.is_changed = True
    page = dashboard.page
    choose_period(page, "2024年第3季度")
    (value,) = published.execute(
        "select value from marts.mart_indicator where period_kind = 'quarter' and period_start = date '2024-07-01' "
        "and scope_kind = 'province' and indicator_code = 'complaint_24h_close'"
    ).fetchone()
    page.wait_for_function(
        "text => document.querySelector('[data-test-chart-name=各项指标]')?.innerText.includes(text)", arg="周期不全"
    )
    (row,) = [row for row in table(page, "各项指标") if row["指标"] == "投诉举报类24小时办结率"]
    assert number(row["指标值"]) == pytest.approx(float(value), abs=0.0051)
    assert "周期不全" in row["标记"]
    # stages are of months: a quarter has none, and no month is drawn under its name
    for title in (FLOW, MATRIX):
        assert browser.chart(page, title).locator("td").all_inner_texts() == [
            {
                FLOW: "本节按月统计：所选周期没有办理环节的数据，请在“周期”中选一个月",
                MATRIX: "本节按月统计：请在“周期”中选一个月",
            }[title]
        ]
    choose_period(page, "2024年08月")
    page.wait_for_function('title => document.querySelector(`[data-test-chart-name="${title}"] .stages`)', arg=FLOW)
    browser.wait_until_drawn(page)
    assert_flow(dashboard, published, "2024-08-01", "全省")
    assert page.evaluate(browser.SCROLLING) == []
