"""Indicators, backlog, obligations and handling: drawn in a real browser and compared with the published warehouse."""

from __future__ import annotations

import re

import browser
import duckdb
import pytest
from browser import Dashboard, number, table

from hotline.stack.superset import Superset

SLUG = "hotline-handling"
pytestmark = pytest.mark.visit(SLUG, "auditor")
PICTURES = {"dashboard-indicators": (None, "三、报送与计算对照")}
MONTH = "period_kind = 'month' and period_start = date '2024-09-01'"


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


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


@pytest.mark.visit(SLUG, "auditor", changes=True)
def test_the_period_filter_changes_the_indicators(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    """To a quarter, of which one month is missing, and that is said."""
    dashboard.is_changed = True
    page = dashboard.page
    page.locator(".filter-item-wrapper .ant-select, [data-test=form-item-value] .ant-select").first.click()
    page.get_by_title("2024年第3季度").first.click()
    page.locator("[data-test=filter-bar__apply-button]").click()
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
