"""The demo runs the pipeline when there is a reason to, and says what failed where."""

import hashlib
import json
from datetime import datetime

import duckdb
import pytest
from ledger_entries import ENTRY

from hotline import approval, demo
from hotline.platform_files import Definition
from hotline.publish import MANIFEST, publish
from hotline.settings import Settings

INGESTED = datetime(2024, 10, 14, 8, 0)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """One delivered file that is in the ledger, built after it was ingested, and published."""
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    settings = Settings.from_environment()
    delivered = settings.landing / "210100" / "2024-10-14" / "tickets.csv"
    for folder in (delivered.parent, settings.build_database.parent):
        folder.mkdir(parents=True)
    delivered.write_bytes(b"abc")
    entry = ENTRY | {
        "dt": "2024-10-14",
        "size_bytes": 3,
        "delivered_at": "1999-01-01 00:00:00",
        "ingested_at": str(INGESTED),
        "content_hash": hashlib.sha256(b"abc").hexdigest(),
    }
    path = settings.ledger / "dt=2024-10-14" / "platform=210100" / "tickets-x.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(entry))
    with duckdb.connect(str(settings.build_database)) as connection:
        connection.execute("create table t as select 1 as n")
    approval.begin_build(settings)
    approval.end_build(settings)
    approval.end_quality(settings)
    publish(settings.build_database, settings.serving)
    manifest = settings.serving / "current" / MANIFEST
    known = json.loads(manifest.read_text()) | {"definition": Definition.read(settings.security).digest}
    manifest.write_text(json.dumps(known))  # as if the files of platforms were there, which need marts
    return settings


def test_nothing_runs_when_every_file_is_published(settings):
    assert demo.needs_run(settings) is None


def test_the_same_bytes_under_another_name_are_no_news(settings):
    (settings.landing / "210100" / "2024-10-14" / "tickets_again.csv").write_bytes(b"abc")
    assert demo.needs_run(settings) is None


def test_a_new_file_is_a_reason(settings):
    (settings.landing / "210100" / "2024-10-14" / "callbacks.csv").write_bytes(b"new")
    assert demo.needs_run(settings) == "1 delivered files are not in the ledger"


def test_a_judgement_after_the_last_build_is_a_reason(settings):
    """Told by the ledger, not by a clock."""
    (settings.ledger / "dt=2024-10-14" / "platform=210100" / "tickets-y.json").write_text(json.dumps(ENTRY))
    assert demo.needs_run(settings) == "files were ingested after the last build"


def test_a_build_that_did_not_pass_is_a_reason(settings):
    approval.end_build(settings, "its tests failed")
    assert demo.needs_run(settings) == "the last build: its tests failed"


def test_an_unpublished_build_is_a_reason(settings):
    with duckdb.connect(str(settings.build_database)) as connection:
        connection.execute("create table u as select 1 as n")
    approval.end_build(settings)
    approval.end_quality(settings)
    assert demo.needs_run(settings) == "the last build is not published, or another platform has a user now"


def test_another_platform_with_a_user_is_a_reason(settings):
    """Its file of rows is not there yet."""
    manifest = settings.serving / "current" / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"definition": "of other platforms"}))
    assert demo.needs_run(settings) == "the last build is not published, or another platform has a user now"


def test_no_publication_is_a_reason(settings):
    settings.published_database.unlink()
    assert demo.needs_run(settings) == "nothing is published yet"


def test_a_failed_run_is_explained_with_dag_task_reason_and_log(settings):
    run = demo.Run("ingest_feeds", "manual__1")
    tasks = [
        {"task_id": "list_senders", "state": "success", "map_index": -1, "try_number": 1},
        {
            "task_id": "ingest_sender",
            "state": "failed",
            "map_index": 3,
            "try_number": 2,
            "rendered_map_index": "210400",
        },
        {"task_id": "every_sender_ingested", "state": "upstream_failed", "map_index": -1, "try_number": 0},
    ]
    log = demo.log_file(settings, run, tasks[1])
    log.parent.mkdir(parents=True)
    lines = [
        {"event": "working"},
        {"event": "Task failed with exception", "error_detail": [{"exc_value": "disk full"}]},
        {"event": "end"},
    ]
    log.write_text("\n".join(map(json.dumps, lines)))
    message, remedy = demo.explain_failure(settings, run, tasks)
    assert "DAG ingest_feeds: task ingest_sender [210400] failed" in message
    assert "disk full" in message
    assert str(log) in remedy
    assert log.relative_to(settings.var / "airflow" / "logs").parts == (
        "dag_id=ingest_feeds",
        "run_id=manual__1",
        "task_id=ingest_sender",
        "map_index=3",
        "attempt=2.log",
    )
