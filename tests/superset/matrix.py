"""What the browser matrix is made of: every dashboard x every account x every state.

Pages come from the assets and accounts from ``security.yaml``, so that a new one is in the matrix by itself. A new state is
one function in ``STATES``: it brings an opened dashboard into the state and returns when it is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import cycle, product
from pathlib import Path
from typing import NamedTuple

import browser
import yaml
from allpairspy import AllPairs
from playwright.sync_api import Page

from hotline.superset_assets import Assets, charts_of

FOLDER = Path(__file__).resolve().parents[2] / "superset"


class Cell(NamedTuple):
    page: str
    """Slug of the dashboard."""
    account: str
    state: str


def as_opened(page: Page) -> None:
    """Nothing is touched."""


def another_choice(page: Page) -> None:
    """Another value in the first filter."""
    page.locator(".filter-item-wrapper .ant-select, [data-test=form-item-value] .ant-select").first.click()
    page.locator(".ant-select-item-option:not(.ant-select-item-option-selected)").first.click()
    # what is drawn before the first answer is the old choice
    with page.expect_response(lambda answer: "/api/v1/chart/data" in answer.url):
        page.locator("[data-test=filter-bar__apply-button]").click()
    browser.wait_until_drawn(page)


STATES: dict[str, Callable[[Page], None]] = {"as_opened": as_opened, "another_choice": another_choice}


@cache
def security() -> dict:
    return yaml.safe_load((FOLDER / "security.yaml").read_text(encoding="utf-8"))


def users() -> dict[str, dict]:
    """Accounts as ``security.yaml`` gives them, by name."""
    return {user["username"]: user for user in security()["users"]}


def role_of(account: str) -> str:
    return "+".join(users()[account]["roles"])


def pages() -> list[str]:
    return sorted(dashboard["slug"] for dashboard in Assets.read(FOLDER / "assets").dashboards.values())


def of_the_province() -> set[str]:
    """Pages that show nothing but what no platform gets: a city is not even told that they are there."""
    assets, files = Assets.read(FOLDER / "assets"), security()["platform_files"]
    return {
        page["slug"]
        for page in assets.dashboards.values()
        if all(table_of(assets.charts[uuid], assets, files) in files["not_given"] for uuid in charts_of(page))
    }


def table_of(chart: dict, assets: Assets, files: dict) -> str:
    """Published table of a chart."""
    name = assets.datasets[chart["dataset_uuid"]]["table_name"]
    return files["datasets"].get(name, name)


def may_open(account: str, page: str) -> bool:
    return page not in of_the_province() or "platforms" not in users()[account]


def whole() -> list[Cell]:
    cells = [Cell(*cell) for cell in product(pages(), users(), STATES)]
    return [cell for cell in cells if may_open(cell.account, cell.page)]


def sample() -> list[Cell]:
    """So few cells that each page, role and state still meets every other; the same ones every time.

    What a page looks like hangs on the role; the accounts of one take turns. That a city sees no other city's rows
    is asked of every data set over HTTP.
    """
    accounts: dict[str, list[str]] = {}
    for account in users():
        accounts.setdefault(role_of(account), []).append(account)
    turns = {role: cycle(names) for role, names in accounts.items()}
    own, rest = of_the_province(), [role for role, names in accounts.items() if "platforms" not in users()[names[0]]]
    pairs = [
        *AllPairs([[page for page in pages() if page not in own], list(turns), list(STATES)]),
        *AllPairs([sorted(own), rest, list(STATES)]),
    ]
    return [Cell(page, next(turns[role]), state) for page, role, state in pairs]
