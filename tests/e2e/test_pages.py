"""Airflow's pages talk to this machine only: every request of every page, as a browser sends it."""

from urllib.parse import urlsplit

from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import sync_playwright

from hotline.stack.airflow import DAGS, USER, Airflow

PAGES = ("/", "/dags", "/assets", "/dag_runs", "/connections", "/pools", *(f"/dags/{dag_id}" for dag_id in DAGS))


def hosts_asked(airflow: Airflow) -> dict[str, set[str]]:
    """Hosts that each page asked, by page; the login page is the first."""
    asked: dict[str, set[str]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            page = browser.new_context(locale="zh-CN").new_page()
            page.set_default_timeout(60_000)
            now = "login"
            page.on("request", lambda request: asked.setdefault(now, set()).add(urlsplit(request.url).netloc))
            page.goto(f"{airflow.address}/")
            page.wait_for_selector("input[name=username]")
            page.fill("input[name=username]", USER)
            page.fill("input[name=password]", airflow.password())
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "login" not in url)
            for now in PAGES:
                page.goto(airflow.address + now)
                page.wait_for_load_state("networkidle")
        finally:
            browser.close()
    return asked


def test_no_page_of_airflow_asks_for_a_foreign_host(installation):
    asked = hosts_asked(installation.airflow)
    assert asked.keys() == {"login", *PAGES}
    foreign = {
        page: {host for host in hosts if host and not host.startswith("127.0.0.1:")} for page, hosts in asked.items()
    }
    assert {page: hosts for page, hosts in foreign.items() if hosts} == {}
