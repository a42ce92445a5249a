"""A real Superset over a really published warehouse, on a free port, in a folder that goes away."""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dbt_project
import duckdb
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.platform_files import Definition
from hotline.publish import publish
from hotline.settings import Settings
from hotline.stack.processes import free_port
from hotline.stack.superset import Superset

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside the tests

import browser  # noqa: E402
import forged_payloads  # noqa: E402
from answers import Foreign  # noqa: E402
from client import Session  # noqa: E402


@pytest.fixture(scope="session")
def settings(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation of its own whose published file is the sample warehouse, which was judged when it was built, and to
    which Dalian has sent two files that were not taken: in the sample there are none."""
    own = Settings(home=HOME, var=tmp_path_factory.mktemp("superset") / "var")
    own.build_database.parent.mkdir(parents=True)
    shutil.copyfile(warehouse, own.build_database)
    built = Settings(home=HOME, var=warehouse.parents[1])
    for name in ("raw", "ledger", "secrets"):
        shutil.copytree(getattr(built, name), getattr(own, name), copy_function=os.link)
    own.quality.symlink_to(built.quality)
    day = {"sender": "210200", "day": date(2024, 10, 8)}
    deliver(own, ticket_table(*WRONG), "tickets-wrong.csv", **day)
    deliver(own, "无表头\n", "callbacks-torn.csv", **day)
    with dbt_project.opened(tmp_path_factory.mktemp("project")) as project, project.at(own.var):
        taken = CliRunner().invoke(cli, ["ingest", "--json"])
        assert taken.exit_code == 0, taken.output
        project.run(own.var, "run", "--select", "base_feed_deliveries", "stg_quarantined_rows", "mart_rejected_row")
    publish(own.build_database, own.serving, Definition.read(own.security))
    return own


WRONG = [
    {"平台编码": "210200", "工单编号": f"JT2102002024100751871{n:03d}", "受理时间": "2024-10-07 08:05:00", **wrong}
    for n, wrong in enumerate(
        [{"受理时间": "昨天上午<b>"}, {"业务类型": "没有的类型", "业务领域": ""}, {"平台编码": "210100"}]
        + [{"满意度评价": "很好"}] * 4
    )
]
"""Rows of tickets that break rules: one of them two."""


@pytest.fixture(scope="session")
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, opened as every reader opens it."""
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def superset(settings: Settings) -> Iterator[Superset]:
    """A running Superset, provisioned from nothing."""
    # two parts of this suite may look at once, and listen only when their server starts: each begins elsewhere
    server = Superset(settings, free_port(18300 + os.getpid() % 10_000))
    server.start(lambda text: None)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def sessions(superset: Superset) -> dict[str, Session]:
    """One logged-in session an account; whoever tries logins and logouts opens one of the test's own."""
    return {name: Session(superset.address, name, word) for name, word in superset.passwords().items()}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser process for all tests; each takes a fresh profile of it."""
    with browser.started() as process:
        yield process


@pytest.fixture(scope="session")
def visits(superset: Superset, chromium: Browser, sessions: dict[str, Session]) -> browser.Visits:
    """Whoever changes a page that it is given says so (``is_changed``), and is marked ``visit(..., changes=True)``."""
    return browser.Visits(superset, chromium, sessions)


@pytest.fixture
def dashboard(request: pytest.FixtureRequest, visits: browser.Visits) -> browser.Dashboard:
    """The dashboard that the test's mark ``visit`` names."""
    return visits.at(*request.node.get_closest_marker("visit").args)


@pytest.fixture(scope="module", autouse=True)
def pictures(request: pytest.FixtureRequest) -> None:
    """With ``HOTLINE_PICTURES``, a folder, pictures of the documentation; ``docs/pictures.py`` sets it."""
    if (folder := os.environ.get("HOTLINE_PICTURES")) and (parts := getattr(request.module, "PICTURES", None)):
        dashboard = request.getfixturevalue("visits").at(request.module.SLUG, "auditor")
        browser.take_pictures(dashboard.page, Path(folder), parts)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one visit stand together, those that change the page last; after them what looks at all visits."""

    def position(item: pytest.Item) -> tuple:
        mark = item.get_closest_marker("visit")
        if mark is None:
            return (0,)
        return (1, *mark.args, mark.kwargs.get("changes", False)) if mark.args else (2,)

    items.sort(key=position)


@pytest.fixture(scope="session")
def datasets(sessions: dict[str, Session]) -> dict[str, int]:
    return sessions["admin"].ids("dataset", "table_name")


@pytest.fixture(scope="session")
def foreign(superset: Superset, published: duckdb.DuckDBPyConnection) -> Foreign:
    return Foreign(superset, published)


@pytest.fixture(scope="module")
def draft(sessions: dict[str, Session], datasets: dict[str, int]) -> Iterator[int]:
    """A chart that an analyst saved in the browser: of every platform, by SQL of the analyst's own."""
    text = "string_agg(DISTINCT platform_code, ',')"
    metric = {"expressionType": "SQL", "sqlExpression": text, "label": "codes"}
    answer = sessions["analyst"].post(
        "/api/v1/chart/",
        {
            "slice_name": f"草稿 {uuid.uuid4()}",
            "viz_type": "table",
            "datasource_id": datasets["fct_ticket"],
            "datasource_type": "table",
            "params": json.dumps({"metrics": [metric], "viz_type": "table"}),
            "query_context": json.dumps(
                forged_payloads.request(datasets["fct_ticket"], {"columns": [], "metrics": [metric]})
            ),
        },
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    yield made
    analyst = sessions["analyst"]
    assert analyst.http.delete(f"{analyst.address}/api/v1/chart/{made}", timeout=60).ok


@pytest.fixture(scope="module")
def placeholders(sessions: dict[str, Session], datasets: dict[str, int], draft: int) -> dict[str, int]:
    admin = sessions["admin"]
    return {
        "dashboard": admin.ids("dashboard", "slug")["hotline-overview"],
        "chart": admin.ids("chart", "slice_name")["受理工单"],
        "dataset": datasets["fct_ticket"],
        "draft": draft,
    }
