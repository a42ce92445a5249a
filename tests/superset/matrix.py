"""What the browser matrix is made of: every dashboard x every account x every state.

Pages come from the assets and accounts from ``security.yaml``, so that a new one is in the matrix by itself. A new state is
one function in ``STATES``: it brings an opened dashboard into the state and returns when it is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import browser
import yaml
from allpairspy import AllPairs
from playwright.sync_api import Page

from hotline.superset_assets import Assets

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
    page.locator("[data-test=filter-bar__apply-button]").click()
    browser.wait_until_drawn(page)


STATES: dict[str, Callable[[Page], None]] = {"as_opened": as_opened, "another_choice": another_choice}


def users() -> dict[str, dict]:
    """Accounts as ``security.yaml`` gives them, by name."""
    text = (FOLDER / "security.yaml").read_text(encoding="utf-8")
    return {user["username"]: user for user in yaml.safe_load(text)["users"]}


def axes() -> list[list[str]]:
    pages = sorted(dashboard["slug"] for dashboard in Assets.read(FOLDER / "assets").dashboards.values())
    return [pages, list(users()), list(STATES)]


def whole() -> list[Cell]:
    return [Cell(*cell) for cell in product(*axes())]


def sample() -> list[Cell]:
    """So few cells that each value still meets every value of the other axes; the same ones every time."""
    return [Cell(*cell) for cell in AllPairs(axes())]
