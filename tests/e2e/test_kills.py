"""kill -9 of the scheduler, of the API server and of a task in the middle of each DAG: what is served in the end is what an
undisturbed run serves, row for row.

A month in three parts, one for each of the killed; the moments are seeded, and each is printed with the task that ran.
Started again is what was killed, and nothing else: the runs recover by themselves.
"""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from installation import HOME, Installation
from marts import differing

from hotline import demo
from hotline.settings import Settings
from hotline.stack.airflow import DAGS, Airflow
from hotline.stack.airflow_client import AirflowClient
from hotline.stack.processes import free_port, session_members, started_at
from hotline.stack.progress import Progress

pytestmark = pytest.mark.long

SEED = 12
SIMULATED = ("simulate", "--months", "2024-09", "--delivery", "daily", "--scale", "0.05", "--json")
PARTS = {
    "scheduler": ("2024-09-02", "2024-09-12"),
    "api-server": ("2024-09-13", "2024-09-22"),
    "task": ("2024-09-23", "2024-10-10"),
}
STEPS = ("build", "quality", "publish")
LONGEST_WAIT = 900
POLL = 0.2


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    """``HOTLINE_VAR`` after the commands themselves took the three parts in, one after the other."""
    installed = Installation.at(tmp_path_factory.mktemp("undisturbed") / "var")
    installed.done(*SIMULATED)
    for first, last in PARTS.values():
        installed.done("ingest", "--from", first, "--to", last, "--json")
        for step in STEPS:
            installed.done(step, "--json")
    return installed.settings.var


@pytest.fixture
def airflow(tmp_path, monkeypatch):
    settings = Settings(home=HOME, var=tmp_path / "var")
    monkeypatch.setenv("HOTLINE_HOME", str(settings.home))
    monkeypatch.setenv("HOTLINE_VAR", str(settings.var))
    Installation(settings).done(*SIMULATED)
    started = Airflow(settings, free_port(18180))
    try:
        started.start(Progress())
        yield started
    finally:
        started.stop()


def run_of(client: AirflowClient, dag: str, day: str, since: datetime) -> str:
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        for run in client.runs(dag, day):
            if datetime.fromisoformat(run["queued_at"]) >= since:
                return run["dag_run_id"]
        time.sleep(POLL)
    raise AssertionError(f"{dag} got no run for {day}")


def running(client: AirflowClient, dag: str, run: str) -> str | None:
    """Name of a task that runs, None when the run is over without one."""
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        tasks = [task["task_id"] for task in client.task_instances(dag, run) if task["state"] == "running"]
        if tasks:
            return tasks[0]
        if client.call("GET", f"/dags/{dag}/dagRuns/{run}")["state"] in ("success", "failed"):
            return None
        time.sleep(POLL)
    raise AssertionError(f"no task of {dag} has run")


def kill(airflow: Airflow, victim: str) -> str:
    """Kill a daemon, or the process of a task that the scheduler has started; returns what was killed."""
    daemons = {daemon.name.removeprefix("airflow-"): daemon for daemon in airflow.daemons()}
    pid = daemons["scheduler" if victim == "task" else victim].pid()
    if victim == "task":
        members = session_members(pid, started_at(pid))
        tasks = [member for member in members if member != pid and "hotline" in child_commands(member)]
        if not tasks:
            return "no task: it was over"
        pid = tasks[0]
    os.kill(pid, signal.SIGKILL)
    return f"{victim} {pid}"


def child_commands(pid: int) -> str:
    """Command lines of the children of a process."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return " ".join(Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace") for child in children)
    except OSError:
        return ""


def test_after_kills_in_each_dag_the_runs_end_well_and_serve_the_same(airflow, undisturbed):
    chance = random.Random(SEED)  # noqa: S311
    client = airflow.client()
    for victim, (first, last) in PARTS.items():
        since = datetime.now(UTC)
        client.trigger(DAGS[0], last, {"from_day": first, "wait_minutes": 0})
        for dag in DAGS:
            run = run_of(client, dag, last, since)
            task = running(client, dag, run)
            time.sleep(chance.uniform(0, 5))
            killed = kill(airflow, victim)
            print(f"{dag} {last}: {task} was running, killed: {killed}", flush=True)
            time.sleep(1)
            airflow.start(Progress())
            demo.follow(airflow.settings, client, demo.Run(dag, run), Progress())
    served = airflow.settings.published_database
    assert differing(Settings(home=HOME, var=undisturbed).published_database, served) == {}
