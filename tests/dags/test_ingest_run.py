"""``ingest_feeds`` as a whole, in this process and without the warehouse: what one failed sender does to the others."""

from pathlib import Path

import pytest

from hotline import orchestration
from hotline.orchestration import InfrastructureError

HOME = Path(__file__).resolve().parents[2]
COUNTS = {"files": 1, "unchanged": 0, "rows_in": 5, "rows_loaded": 4, "rows_quarantined": 1, "rejected": []}
FAILING, SILENT = "210300", "210700"


@pytest.fixture
def dag(database):
    """The DAG, read anew since a test run leaves traces in it; the first failure counts, for the test's sake."""
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(str(HOME / "dags" / "ingest_feeds.py")).dags["ingest_feeds"]
    for task in found.tasks:
        if task.task_id == "ingest_sender":
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    return found


@pytest.fixture
def delivered(tmp_path, monkeypatch):
    """Every sender has a file, and the ingest command answers for all but one of them."""
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    called = []
    for sender in [*orchestration.senders(), "999999"]:
        folder = tmp_path / "landing" / sender / "2024-10-14"
        folder.mkdir(parents=True)
        if sender != SILENT:
            (folder / "tickets.csv").write_text("x")

    def run_step(argv):
        called.append(argv)
        sender = argv[argv.index("--sender") + 1]
        if sender == FAILING:
            raise InfrastructureError("ingest", 4, ["no space left on device"])
        return COUNTS

    monkeypatch.setattr(orchestration, "run_step", run_step)
    return called


def events(run) -> list:
    """Asset events that the run emitted."""
    from airflow import settings
    from airflow.models.asset import AssetEvent
    from sqlalchemy import select

    with settings.Session() as session:
        return list(session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run.run_id)))


def test_one_failed_sender_neither_stops_the_others_nor_hides(dag, delivered):
    run = dag.test(run_conf={"day": "2024-10-14", "from_day": "2024-10-01"})
    states = {(ti.task_id, ti.map_index): str(ti.state) for ti in run.get_task_instances()}
    mapped = [state for (task, _), state in states.items() if task == "ingest_sender"]
    assert (mapped.count("success"), mapped.count("failed")) == (16, 1)
    assert states["report_deliveries", -1] == "success", "the build of the others must start"
    assert states["every_sender_ingested", -1] == "upstream_failed"
    assert str(run.state) == "failed", "the operator must see it"
    (event,) = events(run)
    assert event.extra["failed"] == [FAILING]
    assert event.extra["missing"] == [SILENT]
    assert (event.extra["files"], event.extra["rows_in"]) == (16, 80)
    assert {tuple(argv[3:7]) for argv in delivered} == {("--from", "2024-10-01", "--to", "2024-10-14")}


def test_a_day_without_any_file_asks_nobody_and_builds_nothing(dag, delivered):
    run = dag.test(run_conf={"day": "2024-10-22"})
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    assert states["report_deliveries"] == "skipped"
    assert str(run.state) == "success"
    assert events(run) == []
    assert delivered == []
