"""Rankings, companies, hot spots and rises: drawn in a real browser and compared with the published warehouse."""

from __future__ import annotations

import browser
import duckdb
import pytest
from browser import Dashboard, headline, number, table

from hotline.stack.superset import Superset

SLUG = "hotline-topics"
pytestmark = pytest.mark.visit(SLUG, "auditor")
PICTURES = {"dashboard-topics": (None, "三、投诉热点"), "dashboard-hot-spots": ("三、投诉热点", None)}
MONTH = "period_kind = 'month' and period_start = date '2024-09-01'"


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    # electronic toll collection is a category of the published tables
    assert browser.latin_words(dashboard.page) == {"SQL", "ETC"}


def test_shares_are_of_the_denominator_that_stands_beside_them(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "投诉举报问题类别前十（件）")
    stored = published.execute(
        "select category, tickets, denominator, share_pct::varchar from marts.mart_category_ranking "
        f"where {MONTH} and scope = 'province' and level = 'category' and business_type = 'complaint' and rank <= 10 "
        "order by rank, category"
    ).fetchall()
    drawn = [(row["问题类别"], row["受理量（件）"], row["分母（件）"], row["占比（%）"]) for row in rows]
    assert drawn == [(category, f"{tickets:,}", f"{base:,}", share) for category, tickets, base, share in stored]
    assert stored[0][0] == "巡游出租汽车"
    for row in rows:
        assert number(row["占比（%）"]) == pytest.approx(
            100 * number(row["受理量（件）"]) / number(row["分母（件）"]), abs=0.0051
        )


def test_the_league_ranks_by_the_lower_bound_and_marks_the_small(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "企业投诉排行（同平台同类企业之间）")
    verdicts = {row["企业"]: row["判定"] for row in rows}
    stored = published.execute(
        "select enterprise_name, is_small_n, is_above_group from marts.mart_enterprise_league "
        f"where {MONTH} and enterprise_name in (select unnest(?)) and platform_name = '大连'",
        [list(verdicts)],
    ).fetchall()
    assert len(stored) == len(rows) > 5
    for name, is_small, is_above in stored:
        assert (verdicts[name] == "样本过小") == bool(is_small and not is_above)
        assert (verdicts[name] == "高于同组") == bool(is_above)
    assert all(row["名次"] == "—" for row in rows if row["判定"] in {"样本过小", "没有投诉", "车辆数不详"})
    lower = [(row["经营类别"], -number(row["每千车月 95% 区间"].split(" – ")[0])) for row in rows if row["名次"] != "—"]
    assert lower == sorted(lower)


def test_the_heat_map_holds_every_complaint_with_a_district(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    (tickets,) = published.execute(
        "select count(*) from marts.fct_ticket where platform_code = '210200' and business_type = 'complaint' "
        "and accepted_month = date '2024-09-01' and district is not null"
    ).fetchone()
    cells = dashboard.data["投诉举报受理时段 × 事发区县（件）"]
    assert sum(cell["ticket_count"] for cell in cells) == tickets
    assert len({cell["hour_label"] for cell in cells}) == 24


def test_headlines_count_what_was_found(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    above, spots, rises = (
        published.execute(f"select count(*) from marts.{found}").fetchone()[0]
        for found in (
            f"mart_enterprise_league where {MONTH} and is_above_group",
            "mart_hot_spot where month = date '2024-09-01' and level = 'category' and is_hot_spot",
            "mart_sudden_rise where date_trunc('month', period_start) = date '2024-09-01' and is_flagged",
        )
    )
    assert [number(headline(dashboard.page, title)) for title in ("投诉率高于同组", "投诉热点", "突增")] == [
        above,
        spots,
        rises,
    ]
