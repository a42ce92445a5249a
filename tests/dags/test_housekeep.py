"""Old rows go from Airflow's metadata by its own command; who approved an audit stays."""

import dataclasses
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from hotline.housekeep import airflow_metadata
from hotline.housekeep.retention import Retention
from hotline.housekeep.sweep import Outcome
from hotline.settings import Settings
from hotline.stack.airflow import Airflow

pytestmark = pytest.mark.slow

NOW = datetime(2026, 12, 1, 3)
OLD, YOUNG = "2025-10-01 03:00:00", "2026-11-30 03:00:00"
ARCHIVE = "_airflow_deleted__dag_run__20260101000000"


@pytest.fixture
def settings(tmp_path):
    return Settings(home=Path(__file__).resolve().parents[2], var=tmp_path / "var")


@pytest.fixture
def metadata(settings):
    """The embedded metadata of an installation with old and young runs, and what a killed clean has put aside."""
    airflow = Airflow(settings, 8080)
    airflow.configure()
    airflow.migrate(print)
    with closing(sqlite3.connect(airflow.home / "airflow.db")) as connection, connection:
        for dag_id in ("build_warehouse", "plan_spot_checks"):
            for number, (kind, when) in enumerate([("scheduled", OLD), ("manual", OLD), ("scheduled", YOUNG)]):
                run, task = f"{dag_id}-{number}", f"{dag_id}-{number}".encode().hex()[-32:].zfill(32)
                connection.execute(
                    "insert into dag_run (dag_id, run_id, run_type, run_after, start_date) values (?, ?, ?, ?, ?)",
                    [dag_id, run, kind, when, when],
                )
                connection.execute(
                    "insert into task_instance (id, task_id, dag_id, run_id, try_number, pool, pool_slots, start_date) "
                    "values (?, 'approve', ?, ?, 1, 'default_pool', 1, ?)",
                    [task, dag_id, run, when],
                )
                connection.execute(
                    "insert into hitl_detail (ti_id, options, subject, params, created_at, params_input, responded_by) "
                    "values (?, '[]', 's', '{}', ?, '{}', '{}')",
                    [task, when],
                )
                connection.execute("insert into log (dttm, dag_id, event) values (?, ?, 'trigger')", [when, dag_id])
        connection.execute(f"create table {ARCHIVE} (id integer)")
    return airflow.home / "airflow.db"


def rows(metadata):
    """Number of rows of each DAG, by table."""
    with closing(sqlite3.connect(metadata)) as connection:
        counts = {
            table: dict(
                connection.execute(
                    f"select dag_id, count(*) from {table} where dag_id is not null group by 1"
                ).fetchall()
            )
            for table in ("dag_run", "task_instance", "log")
        }
        counts["hitl_detail"] = connection.execute("select count(*) from hitl_detail").fetchone()[0]
        names = connection.execute("select name from sqlite_master where name like '\\_airflow\\_deleted%' escape '\\'")
        return counts | {"archives": [name for (name,) in names]}


def clean(settings, dry_run=False):
    outcome = Outcome("airflow_metadata", "400 days")
    airflow_metadata.clean(settings, outcome, Retention.of(settings)["airflow_metadata"], NOW, dry_run)
    return outcome


def test_old_runs_go_those_of_audits_stay_and_no_archive_is_left(settings, metadata):
    before = rows(metadata)
    dry = clean(settings, dry_run=True)
    assert rows(metadata) == before and before["archives"] == [ARCHIVE]
    assert dry.gone == 6, "two runs, two tasks and two lines of the log"
    assert (clean(settings).failed, dry.failed) == ([], [])
    whole, rest = 3, 1
    assert rows(metadata) == {
        "dag_run": {"build_warehouse": rest, "plan_spot_checks": whole},
        "task_instance": {"build_warehouse": rest, "plan_spot_checks": whole},
        "log": {"build_warehouse": rest, "plan_spot_checks": whole},
        "hitl_detail": rest + whole,
        "archives": [],
    }
    assert clean(settings).gone == 0


def test_what_airflow_cannot_do_is_a_failure(settings, metadata):
    metadata.write_bytes(b"no database")
    (failed, *_) = clean(settings).failed
    assert failed.startswith("airflow db clean: ")


def test_another_database_than_the_one_in_use_is_never_cleaned(settings, metadata, monkeypatch):
    """A task of Airflow does not know the address that Airflow was started with."""
    stamp = metadata.with_name("migrated.txt")
    stamp.write_text(f"{stamp.read_text()} {'0' * 64}")
    before = rows(metadata)
    assert "are elsewhere" in clean(settings).note
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://a:b@nowhere/airflow")
    assert "are elsewhere" in clean(settings).note
    assert rows(metadata) == before


def test_without_metadata_there_is_nothing_to_clean(settings, tmp_path):
    assert clean(settings).note == "no Airflow has been started here"
    assert (
        clean(dataclasses.replace(settings, home=_without_airflow(settings, tmp_path))).note
        == "no Airflow is installed here"
    )


def _without_airflow(settings, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "deploy").symlink_to(settings.home / "deploy")
    return tmp_path / "home"
