"""Every dashboard for every account in every state: drawn, Chinese, without an error, and a city sees its own rows only.

A test run takes so few cells that each pair of values is among them; ``make test-browser`` takes all.
"""

from __future__ import annotations

from itertools import combinations

import browser
import matrix
import pytest
from client import Session
from matrix import Cell
from playwright.sync_api import Browser

from hotline.stack.superset import Superset

WORDS = {"SQL", "ETC"}
"""Electronic toll collection is a category of the published tables."""

NOT_YET_CHINESE = {("hotline-overview", "another_choice"), ("hotline-topics", "another_choice")}
"""Tables there have numbers that are missing in another month, and Superset draws those as N/A."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        cells = matrix.whole() if metafunc.config.getoption("--whole-matrix") else matrix.sample()
        metafunc.parametrize("cell", [parameter(cell) for cell in cells])


def parameter(cell: Cell):
    """The cell as a test case; one that is known to fail must fail, so that mending it takes it off the list."""
    known = (cell.page, cell.state) in NOT_YET_CHINESE
    reason = "a missing number of a table is drawn as N/A"
    marks = [pytest.mark.xfail(strict=True, reason=reason, raises=AssertionError)] if known else []
    return pytest.param(cell, id="-".join(cell), marks=marks)


def pairs(cells: list[Cell]) -> set:
    return {pair for cell in cells for pair in combinations(enumerate(cell), 2)}


def test_the_sample_holds_every_pair_and_is_smaller() -> None:
    sample, whole = matrix.sample(), matrix.whole()
    assert set(sample) < set(whole)
    assert pairs(sample) == pairs(whole)


def test_a_dashboard_is_drawn_for_whoever_may_open_it(
    superset: Superset, chromium: Browser, sessions: dict[str, Session], cell: Cell
) -> None:
    platforms = set(matrix.users()[cell.account].get("platforms", []))
    with browser.visit(superset, chromium, sessions[cell.account], cell.page) as opened:
        matrix.STATES[cell.state](opened.page)
        page = opened.page
        assert sorted(opened.titles) == sorted(browser.charts_by_title(superset, cell.page))
        assert page.locator("[role=alert], .ant-alert, .anticon-warning").count() == 0
        foreign = browser.latin_words(page) - WORDS
        assert not foreign, browser.latin_charts(page, foreign)
        if not platforms:  # one city may have nothing of what a chart shows
            assert cell.state != "as_opened" or page.locator(".ant-empty").count() == 0
            return
        seen = {row["platform_code"] for rows in opened.answers() for row in rows if "platform_code" in row}
        named = {row["platform_name"] for rows in opened.answers() for row in rows if "platform_name" in row}
        assert seen <= platforms
        assert len(named) <= len(platforms)
