"""Old rows go from Airflow's metadata by its own command; who approved an audit stays."""

import dataclasses
import os
import subprocess
import uuid
from datetime import datetime
from pathlib import Path

import pytest
from postgres import cluster
from sqlalchemy import create_engine, inspect, text

from hotline.housekeep import airflow_metadata
from hotline.housekeep.retention import Retention
from hotline.housekeep.sweep import Outcome
from hotline.settings import Settings
from hotline.stack.airflow import Airflow
from hotline.stack.container import GIVEN, airflow_config

pytestmark = pytest.mark.slow

NOW = datetime(2026, 12, 1, 3)
OLD, YOUNG = "2025-10-01 03:00:00", "2026-11-30 03:00:00"
ARCHIVE = "_airflow_deleted__dag_run__20260101000000"


@pytest.fixture
def settings(tmp_path):
    return Settings(home=Path(__file__).resolve().parents[2], var=tmp_path / "var")


@pytest.fixture
def embedded(settings):
    """The demonstration: SQLite in ``var/airflow``."""
    airflow = Airflow(settings, 8080)
    airflow.configure()
    airflow.migrate(print)
    engine = create_engine(f"sqlite:///{airflow.home / 'airflow.db'}")
    fill(engine)
    return settings, engine


@pytest.fixture
def production(settings, tmp_path):
    """The image of production: its settings beside the code, PostgreSQL, the address in a secret."""
    home, given = tmp_path / "home", tmp_path / "secrets"
    home.mkdir()
    given.mkdir()
    for name in (".venv", "dags", "deploy", "superset"):
        (home / name).symlink_to(settings.home / name)
    installed = dataclasses.replace(settings, home=home)
    (home / "airflow.cfg").write_text(airflow_config(installed).replace(str(GIVEN), str(given)), encoding="utf-8")
    for name in ("airflow_fernet_key", "airflow_api_secret_key", "airflow_jwt_secret"):
        (given / name).write_text("")
    with cluster("airflow") as addresses:
        (given / "airflow_metadata_uri").write_text(addresses["airflow"])
        environment = os.environ | {"AIRFLOW_CONFIG": str(home / "airflow.cfg"), "AIRFLOW_HOME": str(tmp_path)}
        program = installed.executable("airflow", "airflow")
        subprocess.run([program, "db", "migrate"], env=environment, check=True, capture_output=True)
        engine = create_engine(addresses["airflow"])
        fill(engine)
        yield installed, engine
        engine.dispose()


@pytest.fixture(params=["embedded", "production"])
def metadata(request):
    """Settings of an installation, and its metadata."""
    return request.getfixturevalue(request.param)


def fill(engine):
    """Old and young runs, and what a clean that was killed has put aside."""
    with engine.begin() as connection:
        for dag_id in ("build_warehouse", "plan_spot_checks"):
            for number, (kind, when) in enumerate([("scheduled", OLD), ("manual", OLD), ("scheduled", YOUNG)]):
                facts = {"dag": dag_id, "run": f"{dag_id}-{number}", "kind": kind, "at": when, "task": uuid.uuid4().hex}
                for statement in (
                    "insert into dag_run (dag_id, run_id, run_type, run_after, start_date) "
                    "values (:dag, :run, :kind, :at, :at)",
                    "insert into task_instance (id, task_id, dag_id, run_id, try_number, pool, pool_slots, start_date) "
                    "values (:task, 'approve', :dag, :run, 1, 'default_pool', 1, :at)",
                    "insert into hitl_detail (ti_id, options, subject, params, created_at, params_input) "
                    "values (:task, '[]', 's', '{}', :at, '{}')",
                    "insert into log (dttm, dag_id, event) values (:at, :dag, 'trigger')",
                ):
                    connection.execute(text(statement), facts)
        connection.execute(text(f"create table {ARCHIVE} (id integer)"))


def rows(engine):
    """Number of rows of each DAG, by table."""
    with engine.connect() as connection:
        counts = {
            table: dict(
                connection.execute(
                    text(f"select dag_id, count(*) from {table} where dag_id is not null group by 1")
                ).fetchall()
            )
            for table in ("dag_run", "task_instance", "log")
        }
        counts["hitl_detail"] = connection.execute(text("select count(*) from hitl_detail")).scalar()
        counts["archives"] = [
            name for name in inspect(connection).get_table_names() if name.startswith("_airflow_deleted")
        ]
    return counts


def clean(settings, dry_run=False):
    outcome = Outcome("airflow_metadata", "400 days")
    airflow_metadata.clean(settings, outcome, Retention.of(settings)["airflow_metadata"], NOW, dry_run)
    return outcome


def test_old_runs_go_those_of_audits_stay_and_no_archive_is_left(metadata):
    settings, engine = metadata
    before = rows(engine)
    dry = clean(settings, dry_run=True)
    assert rows(engine) == before and before["archives"] == [ARCHIVE]
    assert dry.gone == 6, "two runs, two tasks and two lines of the log"
    assert (clean(settings).failed, dry.failed) == ([], [])
    whole, rest = 3, 1
    assert rows(engine) == {
        "dag_run": {"build_warehouse": rest, "plan_spot_checks": whole},
        "task_instance": {"build_warehouse": rest, "plan_spot_checks": whole},
        "log": {"build_warehouse": rest, "plan_spot_checks": whole},
        "hitl_detail": rest + whole,
        "archives": [],
    }


@pytest.fixture
def unreadable(settings):
    """An installation whose metadata are no database: whoever opens it says so."""
    airflow = Airflow(settings, 8080)
    airflow.configure()
    (airflow.home / "airflow.db").write_bytes(b"no database")
    (airflow.home / "migrated.txt").write_text("apache_airflow_core-3.3.2.dist-info")
    return settings


def test_what_airflow_cannot_do_is_a_failure(unreadable):
    (failed,) = clean(unreadable).failed
    assert failed.startswith("airflow db clean: ")


def test_another_database_than_the_one_in_use_is_never_cleaned(unreadable, monkeypatch):
    """A task of Airflow does not know the address that Airflow was started with."""
    with (unreadable.var / "airflow" / "migrated.txt").open("a") as stamp:
        stamp.write(f" {'0' * 64}")
    found = [clean(unreadable)]
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://a:b@nowhere/airflow")
    found.append(clean(unreadable))
    for outcome in found:
        assert "are elsewhere" in outcome.note and outcome.failed == []


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
