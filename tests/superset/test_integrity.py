"""Signatures of tickets: drawn in a real browser, compared with the published warehouse, and not there for a city."""

from __future__ import annotations

import browser
import duckdb
import matrix
import pytest
from browser import Dashboard, headline, number, table
from client import Session

from hotline.stack.superset import Superset

SLUG = "hotline-integrity"
pytestmark = pytest.mark.visit(SLUG, "auditor")
PICTURES = {"dashboard-signatures": (None, "三、逐件查阅")}
MONTH = "month = date '2024-09-01'"


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


def test_it_opens_with_the_newest_month_that_has_tickets_to_look_at(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    (month,) = published.execute(
        "select strftime(max(month), '%Y年%m月') from marts.mart_platform_signature where unit = 'tickets' and eligible > 0"
    ).fetchone()
    assert month == "2024年09月"
    assert month in dashboard.page.locator("[data-test=filter-bar]").inner_text()


def test_counts_are_those_of_the_marts(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    looked_at, flagged = published.execute(
        "select count(distinct platform_code) filter (eligible > 0), count(distinct platform_code) filter (is_flagged)"
        f" from marts.mart_platform_signature where {MONTH}"
    ).fetchone()
    (tickets,) = published.execute(
        f"select count(distinct ticket_no) from marts.mart_ticket_flag where {MONTH}"
    ).fetchone()
    assert number(headline(dashboard.page, "已核查平台")) == looked_at == 15
    assert number(headline(dashboard.page, "有标记的平台")) == flagged
    assert number(headline(dashboard.page, "待查工单")) == tickets


def test_every_flagged_signature_is_listed_with_its_counts(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    shown = table(dashboard.page, "被标记的特征")
    stored = published.execute(
        "select platform_name, signature_name, format('{:,} / {:,}', hits, eligible) from marts.mart_platform_signature"
        f" where {MONTH} and is_flagged order by grade_contribution, signature_type, platform_code, signature_code limit {len(shown)}"
    ).fetchall()
    assert [(row["平台"], row["特征"], row["命中/适用"]) for row in shown] == stored
    assert {row["可计入等级"] for row in shown} <= {"B", "C", "—"}


def test_the_heat_map_holds_what_was_looked_at_and_zero_only_where_it_was(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = dashboard.data["不可能和少见的特征：平台 × 特征（命中件数）"]
    stored = published.execute(
        f"select platform_name, signature_name, hits from marts.mart_platform_signature where {MONTH}"
        " and eligible > 0 and signature_type in ('impossible', 'rare')"
    ).fetchall()
    assert sorted((row["platform_name"], row["signature_name"], row["hit_count"]) for row in rows) == sorted(stored)
    assert any(hits == 0 for *_, hits in stored)


@pytest.mark.parametrize("account", ["shenyang", "dalian"])
def test_a_city_is_not_told_that_the_page_is_there(sessions: dict[str, Session], account: str) -> None:
    assert SLUG in matrix.of_the_province()
    assert SLUG in sessions["auditor"].ids("dashboard", "slug")
    assert SLUG not in sessions[account].ids("dashboard", "slug")
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}").status_code in {403, 404}
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}/charts").status_code in {403, 404}
