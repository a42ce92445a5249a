"""Who read or exported what is written, seen over HTTP."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from client import Session

from hotline.access_log import AccessLog
from hotline.stack.superset import Superset


@pytest.fixture
def written(superset: Superset):
    """The events written since the test began."""
    log = AccessLog(superset.settings.access_log, 190)
    before = len(list(log.read(date.min, date.max)))
    return lambda: list(log.read(date.min, date.max))[before:]


@pytest.fixture
def auditor(superset: Superset) -> Session:
    return Session(superset.address, "auditor", superset.passwords()["auditor"])


def body(session: Session, dataset: str, format: str) -> dict:
    query = {"columns": ["platform_code"], "metrics": [], "row_limit": 1000, "filters": []}
    source = {"id": session.ids("dataset", "table_name")[dataset], "type": "table"}
    return {"datasource": source, "queries": [query], "result_format": format, "result_type": "full"}


@pytest.mark.parametrize(("format", "action"), [("json", "chart data"), ("csv", "export"), ("xlsx", "export")])
def test_data_read_and_exported_are_written_with_dataset_and_rows(auditor, written, format, action) -> None:
    rows = len(auditor.rows(auditor.ids("dataset", "table_name")["mart_score_monthly"], ["platform_code"]))
    assert auditor.post("/api/v1/chart/data", body(auditor, "mart_score_monthly", format)).status_code == 200
    event = written()[-1]
    assert (event["action"], event["account"], event["dataset"]) == (action, "auditor", "mart_score_monthly")
    assert event["rows"] == rows == 15 and event["status"] == 200 and event["address"] == "127.0.0.1"


def test_a_statement_is_written_with_its_rows_and_without_results(superset: Superset, written) -> None:
    analyst = Session(superset.address, "analyst", superset.passwords()["analyst"])
    answer = analyst.sql("select 4711 + 1 as result, '13800138000' as caller")
    assert answer.status_code == 200
    event = written()[-1]
    assert (event["action"], event["account"], event["rows"]) == ("sql", "analyst", 1)
    assert event["sql"] == "select 4711 + 1 as result, '*******' as caller"
    assert "4712" not in json.dumps(event)


def test_login_dashboard_and_logout_are_written(superset: Superset, auditor: Session, written) -> None:
    assert auditor.get("/superset/dashboard/hotline-overview/").status_code == 200
    auditor.get("/logout/")
    found = [(event["action"], event["account"], event.get("dashboard")) for event in written()]
    assert ("dashboard", "auditor", "hotline-overview") in found
    assert found[-1] == ("logout", "auditor", None)
    Session(superset.address, "shenyang", superset.passwords()["shenyang"])
    assert ("login", "shenyang") in [(event["action"], event["account"]) for event in written()]


def test_what_is_denied_is_written(superset: Superset, written) -> None:
    city = Session(superset.address, "shenyang", superset.passwords()["shenyang"])
    assert city.sql("select 1").status_code == 403
    event = written()[-1]
    assert (event["action"], event["account"], event["status"]) == ("denied", "shenyang", 403)


def test_the_files_are_for_their_owner_alone(superset: Superset, auditor: Session) -> None:
    paths = [
        superset.settings.access_log,
        *superset.settings.access_log.iterdir(),
        *Path(superset.home / "state").iterdir(),
    ]
    assert len(paths) >= 4 and {path.stat().st_mode & 0o077 for path in paths} == {0}
