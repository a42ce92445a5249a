"""A real browser on the real dashboard: log in, wait until the charts are drawn, read what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Locator, Page, sync_playwright

VIEWPORT = {"width": 1600, "height": 3600}  # tall enough for the whole dashboard: Superset draws what is in sight
PATIENCE = 120_000  # milliseconds

UNDRAWN = """
() => [...document.querySelectorAll('[data-test-chart-name]')].filter(chart => {
    const canvas = chart.querySelector('canvas');
    if (canvas) {
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return !pixels.some((value, index) => index % 4 === 3 && value > 0);
    }
    return !chart.querySelector('table td, .header-line, .ant-empty');
}).map(chart => chart.dataset.testChartName)
"""
SCROLLING = """
() => [...document.querySelectorAll('.dashboard-component-chart-holder, .dashboard-markdown')].flatMap(holder =>
    [...holder.querySelectorAll('*')].filter(element => {
        const style = getComputedStyle(element);
        const tall = element.scrollHeight > element.clientHeight + 2 && ['auto', 'scroll'].includes(style.overflowY);
        const wide = element.scrollWidth > element.clientWidth + 2 && ['auto', 'scroll'].includes(style.overflowX);
        return element.clientHeight > 0 && (tall || wide);
    }).map(() => holder.innerText.split('\\n')[0]))
"""


@contextmanager
def page_of(locale: str = "zh-CN") -> Iterator[Page]:
    """A page of a fresh browser profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            page = browser.new_context(viewport=VIEWPORT, locale=locale).new_page()
            page.set_default_timeout(PATIENCE)
            yield page
        finally:
            browser.close()


def log_in(page: Page, address: str, username: str, password: str) -> None:
    """Log in through the login page, as a person does."""
    page.goto(f"{address}/login/")
    page.fill("input#username", username)
    page.fill("input#password", password)
    page.click("[data-test=login-button]")
    page.wait_for_url(lambda url: "/login" not in url)
    page.wait_for_load_state("networkidle")


def open_dashboard(page: Page, address: str, charts: int) -> list[str]:
    """Open the overview and wait until it is drawn: every chart has marks, none is loading. Returns the titles."""
    page.goto(f"{address}/superset/dashboard/hotline-overview/")
    page.wait_for_function("count => document.querySelectorAll('[data-test-chart-name]').length === count", arg=charts)
    page.wait_for_function(
        f"() => ({UNDRAWN})().length === 0 && !document.querySelector('.loading, [data-test=loading-indicator]')"
    )
    # the month filter answers after the first drawing and draws everything once more
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"() => ({UNDRAWN})().length === 0")
    return [chart.get_attribute("data-test-chart-name") for chart in page.locator("[data-test-chart-name]").all()]


def chart(page: Page, title: str) -> Locator:
    return page.locator(f'[data-test-chart-name="{title}"]')


def table(page: Page, title: str) -> list[dict[str, str]]:
    """Drawn rows of a table chart, by the drawn column labels."""
    cells = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    drawn = chart(page, title)
    labels = drawn.locator("table thead tr").last.locator("th").all_inner_texts()
    rows = drawn.locator("table tbody tr").evaluate_all(cells)
    return [dict(zip([label.strip() for label in labels], row, strict=True)) for row in rows]


def headline(page: Page, title: str) -> str:
    """The drawn text of a big number."""
    return chart(page, title).locator(".header-line").inner_text().strip()


def number(text: str) -> float:
    """A drawn number: thousands separators, percent sign and the typographic minus taken away."""
    return float(re.sub(r"[,%+\s]", "", text).replace("−", "-"))


def take_pictures(page: Page, folder: Path) -> None:
    """The pictures of the documentation: the month at a glance, reported against audited, and the evidence."""
    page.mouse.move(0, 0)
    top = {
        text: page.get_by_text(text, exact=False).first.bounding_box()["y"]
        for text in ("二、服务质量得分", "四、证据与")
    }
    score, evidence = top["二、服务质量得分"], top["四、证据与"]
    bottom = page.evaluate("document.documentElement.scrollHeight")
    parts = {"dashboard": (0, score), "dashboard-audit": (score, evidence), "dashboard-evidence": (evidence, bottom)}
    for name, (begin, end) in parts.items():
        clip = {"x": 0, "y": begin, "width": VIEWPORT["width"], "height": end - begin}
        page.screenshot(path=folder / f"{name}.png", full_page=True, clip=clip)
