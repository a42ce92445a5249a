"""What a page offers works: every entry of its menus, clicked by a city's and by a province's reader."""

from __future__ import annotations

import re
from pathlib import Path

import browser
import pytest
from browser import Dashboard
from playwright.sync_api import Locator, Page, TimeoutError

SLUG = "hotline-handling"
ITEMS = "[role=menuitem]:visible"


def opened(page: Page, button: Locator, submenu: str = "下载") -> list[str]:
    """Open a menu and its submenu; returns what the submenu offers."""
    entry = page.locator(".ant-dropdown-menu-submenu-title:visible", has_text=submenu)
    popup = page.locator(f".ant-dropdown-menu-submenu-popup {ITEMS}")
    for patience in (
        browser.PATIENCE / 8,
        browser.PATIENCE,
    ):  # drawn anew under a mouse at rest, an entry knows no mouse
        page.mouse.move(700, 5)
        if entry.count() == 0:
            button.click()
        entry.hover()
        try:
            popup.first.wait_for(timeout=patience)
            break
        except TimeoutError:
            if patience == browser.PATIENCE:
                raise
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


CHART = "各项指标"
FOR_EVERYBODY = ["强制刷新", "全屏", "显示图表说明", "以表格查看"]
OFFERED = {
    "shenyang": FOR_EVERYBODY,
    "auditor": [*FOR_EVERYBODY[:3], "编辑图表", "查看查询语句", FOR_EVERYBODY[3], "下载"],
}
MODAL = ".ant-modal:visible"


def menu_of(page: Page, title: str) -> Locator:
    """The opened menu of a chart."""
    page.mouse.move(700, 5)
    browser.chart(page, title).locator("[id^=slice_][id$=-controls]").click()
    menu = page.locator(".ant-dropdown:visible").first
    menu.locator("[role=menuitem]").first.wait_for()
    page.wait_for_timeout(300)
    return menu


def chosen(page: Page, title: str, entry: str) -> None:
    menu_of(page, title).locator("[role=menuitem]", has_text=entry).first.click()


@pytest.mark.parametrize(
    "account", [pytest.param(name, marks=pytest.mark.visit(SLUG, name, changes=True)) for name in OFFERED]
)
def test_every_entry_of_a_charts_menu_works(dashboard: Dashboard, account: str, tmp_path: Path) -> None:
    page, drawn = dashboard.page, browser.chart(dashboard.page, CHART)
    dashboard.is_changed = True
    refused: list[str] = []
    page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
    entries = menu_of(page, CHART).locator("[role=menuitem]").all_inner_texts()
    assert [entry.split("\n")[0] for entry in entries] == OFFERED[account]
    assert not re.search("[A-Za-z]{3,}", "".join(entries)), entries
    page.keyboard.press("Escape")

    with page.expect_response(lambda answer: "/api/v1/chart/data" in answer.url and "force" in answer.url) as answered:
        chosen(page, CHART, "强制刷新")
    assert answered.value.ok and answered.value.json()["result"][0]["data"]
    browser.wait_until_drawn(page)

    width = drawn.bounding_box()["width"]
    chosen(page, CHART, "全屏")
    page.wait_for_timeout(500)
    assert drawn.bounding_box()["width"] >= max(width, browser.VIEWPORT["width"] - 50)
    chosen(page, CHART, "退出全屏")
    chosen(page, CHART, "显示图表说明")
    chosen(page, CHART, "隐藏图表说明")

    chosen(page, CHART, "以表格查看")
    page.locator(f"{MODAL} [role=row], {MODAL} tbody tr").nth(1).wait_for()
    page.locator(f"{MODAL} .ant-modal-close").first.click()
    if account == "auditor":
        chosen(page, CHART, "查看查询语句")
        page.locator(MODAL, has_text="SELECT").first.wait_for()
        page.locator(f"{MODAL} .ant-modal-close").first.click()
        for item, begin in (("导出为CSV", b"\xef\xbb\xbf"), ("导出为Excel", b"PK"), ("下载为图片", b"\xff\xd8\xff")):
            opened(page, browser.chart(page, CHART).locator("[id^=slice_][id$=-controls]"))
            _, content = saved(page, item, tmp_path)
            assert content.startswith(begin) and len(content) > 300, item
    assert refused == []
