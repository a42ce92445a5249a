"""What a page offers works: every entry of the menus, clicked by a city's and by a province's reader."""

from __future__ import annotations

from pathlib import Path

import browser
import pytest
from client import Session
from playwright.sync_api import Browser, Locator, Page

from hotline.stack.superset import Superset

SLUG = "hotline-handling"
CHART = "各项指标"
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


@pytest.mark.parametrize("account", ["shenyang", "auditor"])
def test_every_entry_of_the_menus_works(
    superset: Superset, chromium: Browser, sessions: dict[str, Session], account: str, tmp_path: Path
) -> None:
    with browser.visit(superset, chromium, sessions[account], SLUG) as visited:
        page = visited.page
        refused: list[str] = []
        page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
        header = page.locator("[data-test=actions-trigger], [aria-label='Menu actions trigger']").first
        assert opened(page, header) == ["导出为PDF", "下载为图片"]
        name, content = saved(page, "下载为图片", tmp_path)
        assert name.endswith(".jpg") and content.startswith(b"\xff\xd8\xff") and len(content) > 50_000
        assert opened(page, header) == ["导出为PDF", "下载为图片"]
        name, content = saved(page, "导出为PDF", tmp_path)
        assert name.endswith(".pdf") and content.startswith(b"%PDF") and len(content) > 50_000

        holder = page.locator(".dashboard-component-chart-holder", has=browser.chart(page, CHART)).first
        more = holder.locator("[aria-label='More Options']").last
        plus = page.locator("[data-test=new-dropdown-icon]")
        if account == "shenyang":  # takes no rows along, and makes nothing
            assert plus.count() == 0
            holder.hover()
            more.click()
            assert not any("下载" in text for text in page.locator(f".ant-dropdown {ITEMS}").all_inner_texts())
        else:
            for item, beginning, suffix in (
                ("导出为CSV", b"\xef\xbb\xbf", ".csv"),
                ("导出为Excel", b"PK", ".xlsx"),
                ("下载为图片", b"\xff\xd8\xff", ".jpg"),
            ):
                holder.hover()
                assert item in opened(page, more)
                name, content = saved(page, item, tmp_path)
                assert name.startswith(CHART) and name.endswith(suffix) and content.startswith(beginning)
            plus.hover()
            offered = page.locator(".ant-menu-submenu-popup:visible a")
            offered.first.wait_for()
            assert [(link.inner_text(), link.get_attribute("href")) for link in offered.all()] == [
                ("SQL查询", "/sqllab?new=true")
            ]
            offered.first.click()
            page.wait_for_selector("#ace-editor, .ace_editor")
        assert refused == []
