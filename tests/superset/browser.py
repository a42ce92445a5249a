"""A real browser on the real dashboard: log in, wait until the charts are drawn, read what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from chromium import ARGUMENTS, CHROMIUM
from client import Session
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, TimeoutError, sync_playwright

from hotline.stack.superset import Superset
from hotline.superset_assets import Assets, charts_of

VIEWPORT = {"width": 1366, "height": 7800}  # tall enough for a whole dashboard: Superset draws what is in sight
PATIENCE = 120_000  # milliseconds
GLANCE = 250  # milliseconds between two looks whether all is drawn: a look reads every picture, and one a frame is work
MARGIN = 16  # pixels below the last chart in a picture

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
def started() -> Iterator[Browser]:
    """A browser process; starting one costs seconds, a fresh profile in it (``page_of``) nearly nothing."""
    with sync_playwright() as playwright:
        process = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield process
        finally:
            process.close()


@contextmanager
def page_of(process: Browser, session: Session | None = None) -> Iterator[Page]:
    """A page of a fresh profile, logged in as ``session`` is."""
    with profile_of(process, session) as context:
        yield context.new_page()


def profile_of(process: Browser, session: Session | None = None) -> BrowserContext:
    """A fresh profile, logged in as ``session`` is."""
    context = process.new_context(viewport=VIEWPORT, locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    if session is not None:
        cookies = [{"name": name, "value": value} for name, value in session.http.cookies.items()]
        context.add_cookies([cookie | {"url": session.address} for cookie in cookies])
    return context


def log_in(page: Page, address: str, username: str, password: str) -> None:
    """Log in through the login page, as a person does: whoever finds the form empty again fills it in again.

    The form is drawn anew when the language has come, and forgets what was filled in; on a busy machine no moment is
    certain to be after that.
    """
    page.goto(f"{address}/login/")
    for patience in (PATIENCE / 4, PATIENCE / 4, PATIENCE):
        page.wait_for_load_state("networkidle")
        page.fill("input#username", username)
        page.fill("input#password", password)
        page.click("[data-test=login-button]")
        try:
            page.wait_for_url(lambda url: "/login" not in url, wait_until="commit", timeout=patience)
        except TimeoutError as error:
            if patience == PATIENCE:
                raise AssertionError(f"not logged in; the page says: {page.inner_text('body')}") from error
        else:
            break
    page.wait_for_load_state("networkidle")


@dataclass
class Dashboard:
    """An opened dashboard; ``data`` holds the rows that each chart was last given by the server, by title."""

    page: Page
    titles: list[str] = field(default_factory=list)
    data: dict[str, list[dict]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    """Every address that the page has asked for, answered or not."""
    responses: list[Response] = field(default_factory=list)
    is_changed: bool = False
    """A test has chosen something else on it: whoever wants it as opened has to open it again."""

    @property
    def hosts(self) -> set[str]:
        """Whom the page has asked; what it holds itself is asked of nobody."""
        return {urlsplit(address).netloc for address in self.requests} - {""}

    def answers(self) -> list[list[dict]]:
        """The rows of every answer that the page was given until now, charts and filters alike."""
        return [query["data"] for answer in self.responses if answer.ok for query in answer.json()["result"]]


def charts_by_title(superset: Superset, slug: str) -> dict[str, dict]:
    """The charts that a dashboard's file puts on it."""
    assets = Assets.read(superset.definitions / "assets")
    (dashboard,) = (dashboard for dashboard in assets.dashboards.values() if dashboard["slug"] == slug)
    return {assets.charts[uuid]["slice_name"]: assets.charts[uuid] for uuid in charts_of(dashboard)}


def visit(superset: Superset, page: Page, slug: str) -> Dashboard:
    """Open a dashboard until it is drawn; once more when a chart stays blank, as a person reloads the page.

    Superset now and then leaves the canvas of a chart empty whose rows have come (once in some hundred openings).
    """
    dashboard = Dashboard(page)
    page.on("request", lambda request: dashboard.requests.append(request.url))
    page.on("response", lambda answer: "/api/v1/chart/data" in answer.url and dashboard.responses.append(answer))
    for patience in (PATIENCE / 3, PATIENCE):
        dashboard.responses.clear()
        page.set_default_timeout(patience)
        try:
            dashboard.titles += open_dashboard(page, superset.address, slug, len(charts_by_title(superset, slug)))
            break
        except TimeoutError as error:
            if patience == PATIENCE:
                raise AssertionError(f"{slug}: not drawn: {page.evaluate(UNDRAWN)}") from error
    page.set_default_timeout(PATIENCE)
    for answer in list(dashboard.responses):
        drawn = answer.request.post_data_json["form_data"].get("slice_id")
        if drawn is None:  # a filter asks for its choices
            continue
        title = page.locator(f'[data-test-chart-id="{drawn}"]').get_attribute("data-test-chart-name")
        assert answer.ok, f"{title}: {answer.text()[:500]}"
        dashboard.data[title] = answer.json()["result"][0]["data"]
    return dashboard


class Visits:
    """The dashboards, each drawn once an account for all tests that look at it; one is open at a time.

    Drawing one takes browser and server 15 seconds of work. An account keeps its profile, and what a page is made of.
    """

    def __init__(self, superset: Superset, process: Browser, sessions: dict[str, Session]) -> None:
        self._superset, self._process, self._sessions = superset, process, sessions
        self._profiles: dict[str, BrowserContext] = {}
        self._key: tuple[str, str] | None = None
        self._dashboard: Dashboard | None = None
        self.requests: dict[str, list[str]] = {}
        """Addresses that dashboards asked for until now, by slug."""

    def at(self, slug: str, account: str) -> Dashboard:
        """The dashboard, open and as opened."""
        if self._key != (slug, account) or self._dashboard.is_changed:
            self.close()
            if account not in self._profiles:
                self._profiles[account] = profile_of(self._process, self._sessions[account])
            self._dashboard = visit(self._superset, self._profiles[account].new_page(), slug)
            self._key = slug, account
            self.requests.setdefault(slug, []).extend(self._dashboard.requests)
        return self._dashboard

    def close(self) -> None:
        if self._dashboard is not None:
            self._dashboard.page.close()
        self._key = self._dashboard = None


def assert_drawn(superset: Superset, dashboard: Dashboard, slug: str) -> None:
    """Every chart of the dashboard is there, has rows, and neither reports an error nor stands empty."""
    assert sorted(dashboard.titles) == sorted(dashboard.data) == sorted(charts_by_title(superset, slug))
    assert [title for title, rows in dashboard.data.items() if not rows] == []
    assert dashboard.page.locator("[role=alert], .ant-alert, .ant-empty, .anticon-warning").count() == 0


def latin_words(page: Page) -> set[str]:
    """What a screen says that is not Chinese."""
    return set(re.findall(r"[A-Za-z]{3,}|N/A", page.inner_text("body")))


def latin_charts(page: Page, words: set[str]) -> dict[str, str]:
    """Chart to its text, of the charts that say one of the words: where to look."""
    drawn = page.locator("[data-test-chart-name]").all()
    texts = {shown.get_attribute("data-test-chart-name"): shown.inner_text() for shown in drawn}
    return {title: text for title, text in texts.items() if any(word in text for word in words)}


def open_dashboard(page: Page, address: str, slug: str, charts: int) -> list[str]:
    """Open a dashboard and wait until it is drawn: every chart has marks, none is loading. Returns the titles."""
    page.goto(f"{address}/superset/dashboard/{slug}/")
    there = "count => document.querySelectorAll('[data-test-chart-name]').length === count"
    page.wait_for_function(there, arg=charts, polling=GLANCE)
    wait_until_drawn(page)
    return [chart.get_attribute("data-test-chart-name") for chart in page.locator("[data-test-chart-name]").all()]


def wait_until_drawn(page: Page) -> None:
    """Every chart has marks, none is loading, and nothing is asked for any more."""
    page.wait_for_function(
        f"() => ({UNDRAWN})().length === 0 && !document.querySelector('.loading, [data-test=loading-indicator]')",
        polling=GLANCE,
    )
    # a filter may answer after the first drawing and draw everything once more
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"() => ({UNDRAWN})().length === 0", polling=GLANCE)


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


def take_pictures(page: Page, folder: Path, parts: dict[str, tuple[str | None, str | None]]) -> None:
    """Pictures of the documentation by name, each from the heading with one text to that with the other.

    None is the top, and the bottom, of the dashboard.
    """
    page.mouse.move(0, 0)
    shown = page.locator(".dashboard-component-chart-holder, .dashboard-markdown")
    bottom = max(box["y"] + box["height"] for box in (holder.bounding_box() for holder in shown.all())) + MARGIN

    def edge(text: str | None, otherwise: float) -> float:
        return page.get_by_text(text, exact=False).first.bounding_box()["y"] if text else otherwise

    for name, (begin, end) in parts.items():
        top = edge(begin, 0)
        height = edge(end, bottom) - top
        clip = {"x": 0, "y": top, "width": VIEWPORT["width"], "height": height}
        page.screenshot(path=folder / f"{name}.png", full_page=True, clip=clip)
