"""The documentation page, in a real browser without a network."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from chromium import ARGUMENTS, CHROMIUM
from click.testing import CliRunner
from playwright.sync_api import Page, sync_playwright

from hotline.cli import cli
from hotline.errors import HotlineError

MODEL = "#!/model/model.hotline.fct_ticket"
DRAWN = """
() => [...document.querySelectorAll('canvas')].some(canvas => canvas.width && canvas.height
    && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .some((value, index) => index % 4 === 3 && value > 0))
"""
PICTURES = os.environ.get("HOTLINE_PICTURES")
"""A folder for a picture of the model's page and of its lineage, to look at."""


@pytest.fixture(scope="module")
def page_file(dbt, warehouse, tmp_path_factory) -> Path:
    """The page of the sample warehouse, made by the command."""
    database = dbt.var / "build" / "hotline.duckdb"
    shutil.copyfile(warehouse, database)
    with dbt.project.at(dbt.var):
        run = CliRunner().invoke(cli, ["docs", "--json"])
    database.unlink()
    assert run.exit_code == 0, run.output
    page = Path(json.loads(run.stdout.splitlines()[-1])["page"])
    assert page == dbt.project.link / "docs" / "index.html"
    page = dbt.var / "docs" / "index.html"
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]
    return page


@pytest.fixture(scope="module")
def page(page_file, tmp_path_factory):
    """A browser page that is offline; it lies alone in a folder, so nothing beside it can help."""
    alone = tmp_path_factory.mktemp("alone") / "index.html"
    shutil.copyfile(page_file, alone)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1500, "height": 1100}, locale="zh-CN", offline=True)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(alone.as_uri())
        yield page
        browser.close()


def open_model(page: Page) -> None:
    page.evaluate("address => { location.hash = address }", MODEL)
    page.get_by_role("heading", name="fct_ticket").wait_for()


def test_the_front_page_tells_where_to_begin_in_chinese(page):
    page.get_by_text("建议从").wait_for()
    assert "血缘关系图" in page.inner_text("body")


def test_a_model_shows_its_descriptions_its_columns_and_what_it_is_made_from(page):
    open_model(page)
    text = page.inner_text("body")
    assert "工单事实表，每件工单一行。" in text
    columns = page.locator("table tbody").first.inner_text()
    assert "is_on_time" in columns  # read from the warehouse file
    assert "BOOLEAN" in columns
    page.get_by_role("link", name="Depends On").first.click()
    assert "stg_tickets" in page.inner_text("body")
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / "docs-model.png")


def test_lineage_is_drawn(page):
    open_model(page)
    assert not page.evaluate(DRAWN)
    page.locator(".launcher-btn a").click()
    page.wait_for_function(DRAWN)
    if PICTURES:
        page.wait_for_timeout(1000)
        page.screenshot(path=Path(PICTURES) / "docs-lineage.png")


def test_nothing_was_asked_of_any_network(page):
    assert page.asked
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_without_a_warehouse_file_the_command_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    run = CliRunner().invoke(cli, ["docs"])
    assert isinstance(run.exception, HotlineError)
    assert "hotline build" in str(run.exception)
    assert not (tmp_path / "build").exists()
