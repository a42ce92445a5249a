"""No page asks for a foreign host: a real browser records every request of every page, answered or blocked."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from browser import Visits, log_in, page_of
from client import Session
from playwright.sync_api import Browser

from hotline.stack.superset import Superset
from hotline.superset_assets import Assets

pytestmark = pytest.mark.visit()  # after all of them
PAGES = (
    "/dashboard/list/",
    "/chart/list/",
    "/tablemodelview/list/",
    "/superset/welcome/",
    "/sqllab/",
    "/user_info/",
    "/explore/?slice_id={chart}",
)


@pytest.fixture(scope="module")
def asked(superset: Superset, chromium: Browser, sessions: dict[str, Session], visits: Visits) -> dict[str, list[str]]:
    """Addresses that the browser asked for, by page; of the dashboards on every visit of this run."""
    seen: dict[str, list[str]] = {}
    chart = next(iter(sessions["admin"].ids("chart", "id")))
    slugs = [dashboard["slug"] for dashboard in Assets.read(superset.definitions / "assets").dashboards.values()]
    with page_of(chromium) as page:
        now: list[str] = []
        page.on("request", lambda request: now.append(request.url))

        def record(name: str) -> None:
            seen[name] = list(now)
            now.clear()

        page.goto(f"{superset.address}/login/")
        page.wait_for_load_state("networkidle")
        record("/login/")
        log_in(page, superset.address, "admin", superset.passwords()["admin"])
        record("logging in")
        for path in PAGES:
            page.goto(superset.address + path.format(chart=chart))
            page.wait_for_load_state("networkidle")
            record(path)
    for slug in slugs:
        if slug not in visits.requests:
            visits.at(slug, "admin")
        seen[slug] = visits.requests[slug]
    return seen


def test_every_page_was_seen_with_its_menu(asked: dict[str, list[str]], superset: Superset) -> None:
    """The pixel is part of the menu: a page that did not come up would prove nothing."""
    assert len(asked) >= 2 + 3 + len(PAGES)
    for name, addresses in asked.items():
        assert any("/static/assets/" in address for address in addresses), name
    scripts = {address for addresses in asked.values() for address in addresses if address.endswith(".js")}
    bodies = [Session(superset.address).get(urlsplit(script).path).text for script in scripts]
    assert any("navbar_right" in body or "version_sha" in body for body in bodies), "the menu was not among them"


def test_no_page_asks_for_a_foreign_host(asked: dict[str, list[str]]) -> None:
    foreign = {
        (name, address)
        for name, addresses in asked.items()
        for address in addresses
        if urlsplit(address).scheme not in {"data", "blob"} and urlsplit(address).hostname != "127.0.0.1"
    }
    assert foreign == set()


def test_no_script_of_a_page_names_the_telemetry_host(asked: dict[str, list[str]], superset: Superset) -> None:
    session = Session(superset.address)
    scripts = {urlsplit(address).path for addresses in asked.values() for address in addresses if "/static/" in address}
    assert len(scripts) > 20
    assert [path for path in sorted(scripts) if path.endswith(".js") and "scarf.sh" in session.get(path).text] == []
