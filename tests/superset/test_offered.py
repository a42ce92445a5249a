"""What a page offers works: every entry of its download menu, clicked by a city's and by a province's reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Dashboard
from playwright.sync_api import Locator, Page

SLUG = "hotline-handling"
ITEMS = "[role=menuitem]:visible"


def opened(page: Page, button: Locator, submenu: str = "下载") -> list[str]:
    """Open a menu and its submenu; returns what the submenu offers."""
    page.mouse.move(700, 5)
    button.click()
    page.locator(".ant-dropdown-menu-submenu-title:visible", has_text=submenu).hover()
    popup = page.locator(f".ant-dropdown-menu-submenu-popup {ITEMS}")
    popup.first.wait_for()
    before: list[str] = []
    while (offered := popup.all_inner_texts()) != before or not offered:  # it is drawn, hidden and drawn again
        before = offered
        page.wait_for_timeout(300)
    return offered


def saved(page: Page, item: str, folder: Path) -> tuple[str, bytes]:
    """Click an entry; name and content of the file that comes."""
    with page.expect_download() as coming:
        page.locator(f".ant-dropdown-menu-submenu-popup {ITEMS}", has_text=item).click()
    path = folder / "download"
    coming.value.save_as(path)
    page.keyboard.press("Escape")
    page.locator(f".ant-dropdown-menu-submenu-popup {ITEMS}").first.wait_for(state="hidden")
    return coming.value.suggested_filename, path.read_bytes()


@pytest.mark.parametrize(
    "account", [pytest.param(name, marks=pytest.mark.visit(SLUG, name)) for name in ("shenyang", "auditor")]
)
def test_every_download_of_a_page_works(dashboard: Dashboard, account: str, tmp_path: Path) -> None:
    page = dashboard.page
    refused: list[str] = []
    page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
    header = page.locator("[data-test=actions-trigger], [aria-label='Menu actions trigger']").first
    assert opened(page, header) == ["导出为PDF", "下载为图片"]
    name, content = saved(page, "下载为图片", tmp_path)
    assert name.endswith(".jpg") and content.startswith(b"\xff\xd8\xff") and len(content) > 50_000
    assert opened(page, header) == ["导出为PDF", "下载为图片"]
    name, content = saved(page, "导出为PDF", tmp_path)
    assert name.endswith(".pdf") and content.startswith(b"%PDF") and len(content) > 50_000

    if account == "shenyang":  # makes nothing
        assert page.locator("[data-test=new-dropdown-icon]").count() == 0
    assert refused == []
