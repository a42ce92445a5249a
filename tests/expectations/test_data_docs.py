"""The Data Docs open on a machine without a network: styled, Chinese, and nothing but their own file is asked for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def site(run, sample_judgement, tmp_path):
    from expectations import data_docs

    _, keys, context = run([sample_judgement])
    data_docs.build(context, keys, tmp_path / "site")
    return tmp_path / "site"


def test_no_page_names_an_outside_address(site):
    pages = list(site.rglob("*"))
    files = [path for path in pages if path.is_file()]

    assert {path.suffix for path in files} == {".html"}, "a page is one file: no asset beside it"
    assert len(files) == 2
    for path in files:
        assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8")), path.name


def test_pages_open_offline_and_lead_to_the_evidence(site):
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page()
        page.route("**/*", lambda route: (asked.append(route.request.url), route.continue_()))
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.goto((site / "index.html").as_uri())
        assert page.locator("h1").inner_text() == "数据质量报告"
        assert "警告 1" in page.locator("tbody").inner_text()

        page.get_by_role("link", name="上报率与抽检").click()
        assert page.locator("h1").inner_text() == "上报率与抽检"
        badge = page.locator("section.check .badge").first
        colour = badge.evaluate("element => getComputedStyle(element).backgroundColor")
        rows = page.locator("table.rows tbody tr").all_inner_texts()
        browser.close()

    assert badge_is_amber(colour), f"the page has no style: {colour}"
    assert len(rows) == 1 and "鞍山" in rows[0] and "不实 4 件" in rows[0]
    assert {url.partition(":")[0] for url in asked} == {"file"}, asked
    assert messages == []


def badge_is_amber(colour: str) -> bool:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return 120 < red < 200 and 60 < green < 130 and blue < 60  # a warning


def test_judging_again_replaces_the_page(run, sample_judgement, tmp_path):
    from expectations import data_docs

    for _ in range(2):
        _, keys, context = run([sample_judgement])
        index = data_docs.build(context, keys, tmp_path / "site")

    assert len(list((tmp_path / "site" / "validations").rglob("*.html"))) == 1
    assert index.read_text(encoding="utf-8").count("上报率与抽检") == 1


def test_a_page_that_could_not_be_drawn_is_not_passed_over(run, sample_judgement, tmp_path, monkeypatch):
    from expectations import data_docs

    _, keys, context = run([sample_judgement])
    monkeypatch.setattr(data_docs.ResultView, "template", "missing.html.j2")

    with pytest.raises(RuntimeError, match="0 of 1 pages"):
        data_docs.build(context, keys, tmp_path / "site")
