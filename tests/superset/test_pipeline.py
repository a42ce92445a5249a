"""Deliveries, quarantine, checks and builds: drawn in a real browser, counted again from the facts, not there for a city."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import browser
import duckdb
import matrix
import pytest
import yaml
from browser import Dashboard, number, table
from client import Session

from hotline.settings import Settings
from hotline.stack.superset import Superset

ASSETS = Path(__file__).resolve().parents[2] / "superset" / "assets"
SLUG = "hotline-pipeline"
pytestmark = pytest.mark.visit(SLUG, "auditor")
FIRST_SCREEN = (
    "流水线状态", "近 31 天报送日历：应报的都到了没有", "最近一次核验：按检查组和级别", "隔离与拒收：最多的三项原因",
)  # fmt: skip
CALENDAR = FIRST_SCREEN[1]
WINDOW = "between date '2024-09-14' and date '2024-10-14'"
"""31 days up to the last one on which the sample owes or delivers anything."""


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


@pytest.fixture
def bad_month(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the page reads, after a month in which not all went well."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.published_database}' as good (read_only)")
        connection.execute("create schema marts")
        for table in ("mart_feed_obligation", "fct_feed_delivery", "dim_platform", "dim_date", "mart_quarantine"):
            connection.execute(f"create table marts.{table} as from good.marts.{table}")
        connection.execute("""
            update marts.mart_feed_obligation set status = case platform_name when '沈阳' then 'late' when '大连' then 'rejected'
                when '鞍山' then 'missing' when '抚顺' then 'pending' else status end
            where feed = 'tickets' and due_at = '2024-10-10 06:00:00';
            update marts.mart_feed_obligation set status = 'late'
            where feed = 'callbacks' and due_at = '2024-10-10 06:00:00' and platform_name = '鞍山';
            update marts.fct_feed_delivery set rows_in = null, rows_quarantined = null, rows_loaded = 0, status = 'rejected',
                reasons = '{"file:empty": 1}'
            where platform_code = '210200' and feed = 'tickets' and delivery_day = '2024-10-08';
            insert into marts.mart_quarantine by name select '2024-10-08' as delivery_day, '210200' as platform_code,
                '大连' as platform_name, 'tickets' as feed, '工单' as feed_name, 'file' as rule_kind, '' as column_name,
                'empty' as rule, '文件为空' as rule_name, 1 as files;
            insert into marts.fct_feed_delivery by name select '<b>x</b>' as platform_code, 'tickets' as feed,
                date '2024-10-09' as delivery_day, 2 as rows_in, 0 as rows_loaded, 2 as rows_quarantined, 'rejected' as status""")
        yield connection


def shown(connection: duckdb.DuckDBPyConnection, dataset: str, metric: str, grouped: str = "") -> list[tuple]:
    """What a chart of the data set is given, by the files of the assets alone."""
    asset = yaml.safe_load((ASSETS / "datasets" / f"{dataset}.yaml").read_text(encoding="utf-8"))
    (expression,) = [item["expression"] for item in asset["metrics"] if item["metric_name"] == metric]
    columns = f"{grouped}, " if grouped else ""
    return connection.execute(
        f"select {columns}{expression} from ({asset['sql']}) group by all order by all"
    ).fetchall()


def test_a_day_shows_the_worst_of_what_was_owed_and_words_for_all(bad_month: duckdb.DuckDBPyConnection) -> None:
    ((html,),) = shown(bad_month, "feed_calendar", "feed_matrix")
    cells = dict(re.findall(r'title="10-10 (\S+?)：([^"]+)">', html))
    drawn = {name: state for state, name in re.findall(r'class="feed (\w+)"><span title="10-10 (\S+?)：', html)}
    changed = {"沈阳": "late", "大连": "rejected", "鞍山": "missing", "抚顺": "pending", "省中心等": "none"}
    assert drawn == dict.fromkeys(cells, "on_time") | changed
    assert cells["鞍山"] == "应报 3，按时 1，迟报 1，拒收 0，缺报 1，未到期 0"
    assert cells["抚顺"] == "应报 2，按时 2，迟报 0，拒收 0，缺报 0，未到期 1"
    assert cells["省中心等"] == "没有应报的数据"
    assert "2 / 4" in html and "另 1 份不明" in html
    assert "<b>" not in html, "a sender that no list knows is not named in HTML"


def test_what_is_to_be_chased_is_named_and_a_refused_file_counts_no_rows(bad_month: duckdb.DuckDBPyConnection) -> None:
    chased = dict(shown(bad_month, "feed_due", "to_chase", "feed"))
    assert chased["tickets"] == "10-10 大连拒、10-10 沈阳迟、10-10 鞍山缺"
    assert (chased["callbacks"], chased["ticket_events"]) == ("10-10 鞍山迟", "无")
    assert dict(shown(bad_month, "feed_refusals", "row_sum", "reason_name")) == {"整份拒收：文件为空": None, "未见": 0}
    ranks = dict(shown(bad_month, "feed_refusals", "refusal_rank", "reason_name"))
    assert ranks["整份拒收：文件为空"] > ranks["未见"], "what was refused stands above what had nothing"
    files = dict(shown(bad_month, "feed_refusals", "file_sum", "reason_name"))
    assert files["整份拒收：文件为空"] == 1
    (all_files,) = bad_month.execute(
        f"select count(*) from marts.fct_feed_delivery where delivery_day {WINDOW}"
    ).fetchone()
    assert sum(files.values()) == all_files


@pytest.mark.parametrize("account", ["shenyang", "dalian"])
def test_a_city_is_not_told_that_the_page_is_there(sessions: dict[str, Session], account: str) -> None:
    assert SLUG in matrix.of_the_province()
    assert {SLUG} <= sessions["auditor"].ids("dashboard", "slug").keys() & sessions["analyst"].ids(
        "dashboard", "slug"
    ).keys()
    assert SLUG not in sessions[account].ids("dashboard", "slug")
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}").status_code in {403, 404}
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}/charts").status_code in {403, 404}
