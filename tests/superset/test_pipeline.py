"""Deliveries, quarantine, checks and builds: drawn in a real browser, counted again from the facts, not there for a city."""

from __future__ import annotations

import re

import browser
import duckdb
import matrix
import pytest
from browser import Dashboard, number, table
from client import Session

from hotline.stack.superset import Superset

SLUG = "hotline-pipeline"
pytestmark = pytest.mark.visit(SLUG, "auditor")
FIRST_SCREEN = (
    "流水线状态", "近 31 天报送日历：应报的都到了没有", "最近一次核验：按检查组和级别", "隔离与拒收：最多的三项原因",
)  # fmt: skip
CALENDAR = FIRST_SCREEN[1]
WINDOW = "between date '2024-09-14' and date '2024-10-14'"
"""31 days up to the last one on which the sample owes or delivers anything."""
STATES = {"齐": "on_time", "迟": "late", "拒": "rejected", "缺": "missing", "待": "pending"}


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


def test_what_is_asked_every_morning_is_on_the_first_screen(dashboard: Dashboard) -> None:
    """Of 768 pixels, without scrolling."""
    boxes = {title: browser.chart(dashboard.page, title).bounding_box() for title in FIRST_SCREEN}
    assert {title: box for title, box in boxes.items() if box["y"] + box["height"] > 768} == {}


def test_each_day_of_each_platform_is_what_was_owed_and_came(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    lines = browser.chart(dashboard.page, CALENDAR).locator(".feeds > div").all_inner_texts()
    width = 1 + 31 + 2
    (head, *rows) = [lines[start : start + width] for start in range(0, len(lines), width)]
    assert (head[1], head[17:19], head[31]) == ("9/14", ["30", "10/1"], "14")
    drawn = {row[0]: row[1:32] for row in rows}
    # what was owed, and what came for it, from the list of files itself: an export of a month, from the next month's first day on
    owed = published.execute(
        "select platform_name, due_at, feed, delivery_mode, period_from, period_to from marts.mart_feed_obligation "
        f"where cast(due_at as date) {WINDOW}"
    ).fetchall()
    files = published.execute(
        "select platform_name, feed, delivery_day, delivered_at from marts.fct_feed_delivery "
        "join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code) where status <> 'rejected'"
    ).fetchall()
    came = {
        (platform, feed, due): [at for name, of, day, at in files if (name, of) == (platform, feed) and last < day]
        for platform, due, feed, _, _, last in owed
    }
    for platform, due, *_ in owed:
        day = (due.date() - published.execute("select date '2024-09-14'").fetchone()[0]).days
        arrivals = [
            came[platform, feed, at] for name, at, feed, *_ in owed if name == platform and at.date() == due.date()
        ]
        all_in_time = all(times and min(times) <= due for times in arrivals)
        assert (drawn[platform][day] == "齐") == all_in_time, (platform, due)
    marked = {(platform, index) for platform, cells in drawn.items() for index, cell in enumerate(cells) if cell != "·"}
    assert len(marked) == len({(platform, due.date()) for platform, due, *_ in owed}) == 30
    assert len(drawn) == 16, "15 platforms, and the province's own files"


def test_rows_that_came_are_loaded_or_quarantined_and_all_three_are_printed(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    drawn = browser.chart(dashboard.page, CALENDAR).locator(".feeds").inner_text()
    stored = published.execute(
        "select platform_name, sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from marts.fct_feed_delivery "
        "join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code) "
        f"where delivery_day {WINDOW} group by all"
    ).fetchall()
    assert len(stored) == 15
    for name, came, loaded, quarantined in stored:
        assert came == loaded + quarantined
        assert f"{came:,} = {loaded:,} + {quarantined:,}" in drawn, name
    (state,) = table(dashboard.page, "流水线状态")
    sums = published.execute(
        "select sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from marts.fct_feed_delivery "
        f"where delivery_day {WINDOW}"
    ).fetchone()
    assert [number(text) for text in re.split("[=+]", state["接收行 = 入库 + 隔离"])] == list(sums)
    assert (state["数据截至"], state["按时 / 应报（份）"], state["迟报 · 拒收 · 缺报"]) == (
        "2024 年 9 月 30 日",
        "60 / 60",
        "0 · 0 · 0",
    )


def test_what_was_looked_at_and_had_nothing_is_said(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    (files,) = published.execute(
        f"select count(*) from marts.fct_feed_delivery where delivery_day {WINDOW} and reasons = '{{}}'"
    ).fetchone()
    (row,) = table(dashboard.page, "隔离与拒收：最多的三项原因")
    assert (row["原因"], row["行数"], number(row["文件（份）"])) == ("未见", "0", files)


def test_checks_and_builds_are_those_of_the_last_run(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    drawn = {row["检查组与级别"]: row for row in table(dashboard.page, "最近一次核验：按检查组和级别")}
    suites, severities = ("feeds", "marts", "integrity"), ("critical", "warning", "info")
    names = dict(zip((*suites, *severities), ("数据接口", "数据集市", "抽检核验", "严重", "警告", "提示"), strict=True))
    stored = published.execute(
        "select suite, severity, count(*) filter (status = 'pass'), count(*) filter (status = 'fail'), "
        "count(*) filter (status = 'error'), count(*) filter (status = 'not_applicable') "
        "from marts.quality_check where run_id = (select max(run_id) from marts.quality_check) group by all"
    ).fetchall()
    assert len(drawn) == len(stored)
    for suite, severity, *counts in stored:
        row = drawn[f"{names[suite]}·{names[severity]}"]
        assert [number(row[label]) for label in ("通过", "未通过", "出错", "不适用")] == counts
    builds = table(dashboard.page, "最近 10 次构建")
    assert [row["结果"] for row in builds] == ["完成"]
    assert re.fullmatch(r"\d+ 分 \d+ 秒", builds[0]["用时"])


@pytest.mark.parametrize("account", ["shenyang", "dalian"])
def test_a_city_is_not_told_that_the_page_is_there(sessions: dict[str, Session], account: str) -> None:
    assert SLUG in matrix.of_the_province()
    assert {SLUG} <= sessions["auditor"].ids("dashboard", "slug").keys() & sessions["analyst"].ids(
        "dashboard", "slug"
    ).keys()
    assert SLUG not in sessions[account].ids("dashboard", "slug")
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}").status_code in {403, 404}
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}/charts").status_code in {403, 404}
