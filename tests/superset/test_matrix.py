"""Every dashboard for every account in every state: drawn, Chinese, without an error, and a city sees its own rows only.

A test run takes so few cells that each pair of values is among them; ``make test-browser`` takes all.
"""

from __future__ import annotations

from itertools import combinations
from urllib.parse import urlsplit

import browser
import matrix
import pytest
from answers import Foreign
from browser import Dashboard
from matrix import Cell

from hotline.stack.superset import Superset

WORDS = {"SQL", "ETC", "tickets", "wrong", "callbacks", "torn", "csv"}
"""Electronic toll collection is a category of the published tables; the rest are names of files that were not taken."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        cells = matrix.whole() if metafunc.config.getoption("--whole-matrix") else matrix.sample()
        metafunc.parametrize("cell", [parameter(cell) for cell in cells])


def parameter(cell: Cell):
    visit = pytest.mark.visit(cell.page, cell.account, changes=cell.state != "as_opened")
    return pytest.param(cell, id="-".join(cell), marks=visit)


def pairs(cells: list[Cell]) -> set:
    """Pairs of page, role and state."""
    by_role = [(cell.page, matrix.role_of(cell.account), cell.state) for cell in cells]
    return {pair for cell in by_role for pair in combinations(enumerate(cell), 2)}


def test_the_sample_holds_every_pair_and_is_smaller() -> None:
    sample, whole = matrix.sample(), matrix.whole()
    assert set(sample) < set(whole)
    assert pairs(sample) == pairs(whole)
    assert {cell.account for cell in sample} == {cell.account for cell in whole}


def test_a_dashboard_is_drawn_for_whoever_may_open_it(
    superset: Superset, dashboard: Dashboard, foreign: Foreign, cell: Cell
) -> None:
    page, platforms = dashboard.page, set(matrix.users()[cell.account].get("platforms", []))
    dashboard.is_changed = cell.state != "as_opened"
    matrix.STATES[cell.state](page)
    assert sorted(dashboard.titles) == sorted(browser.charts_by_title(superset, cell.page))
    assert page.locator("[role=alert], .ant-alert, .anticon-warning").count() == 0
    assert dashboard.hosts == {urlsplit(superset.address).netloc}
    if not platforms:  # one city may have nothing of what a chart shows
        assert cell.state != "as_opened" or page.locator(".ant-empty").count() == 0
    seen = {row["platform_code"] for rows in dashboard.answers() for row in rows if "platform_code" in row}
    named = {row["platform_name"] for rows in dashboard.answers() for row in rows if "platform_name" in row}
    own = {name for code, name in foreign.platforms if code in platforms}
    assert not platforms or (seen <= platforms and named <= own)
    latin = browser.latin_words(page) - WORDS
    assert not latin, browser.latin_charts(page, latin)
