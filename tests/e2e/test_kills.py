"""The scheduler, the server and the workers killed in the middle of each DAG: what is published in the end is what an
undisturbed run publishes, row for row. Only with ``--long``: Airflow takes a minute to notice each.
"""

import json
import os
import random
import shutil
import signal
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from installation import HOME, Installation
from marts import differing
from ticket_files import deliver, ticket_table

from hotline import demo
from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.stack.airflow import Airflow
from hotline.stack.airflow_client import AirflowClient
from hotline.stack.processes import Daemon, free_port, session_members, started_at
from hotline.stack.progress import Progress

pytestmark = pytest.mark.long

SEED = 12
DAYS = {"scheduler": date(2024, 9, 20), "api-server": date(2024, 9, 21), "worker": date(2024, 9, 22)}
"""Who is killed while the files of which day are taken in."""
STEPS = ("ingest", "build", "quality", "publish")
DELIVERED = datetime(2024, 9, 25, 6, tzinfo=UTC).timestamp()
PATIENCE = 900
LATE = (0.0, 3.0)
"""Seconds that a task of the DAG has run when the blow falls; a publication takes one or two."""


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """``HOTLINE_VAR`` with a small month published."""
    var = tmp_path_factory.mktemp("kills") / "var"
    installed = Installation.at(var)
    for step in (("simulate", "--months", "2024-08", "--scale", "0.02"), *((step,) for step in STEPS)):
        installed.done(*step, "--json")
    return installed


@pytest.fixture(scope="module")
def undisturbed(history):
    """What a copy publishes that takes the same files in by hand."""
    var = history.settings.var.with_name("undisturbed")
    shutil.copytree(history.settings.var, var, symlinks=True)
    installed = Installation.at(var)
    for number, day in enumerate(DAYS.values()):
        send(installed.settings, number, day)
        for step in STEPS:
            installed.done(step, "--json")
    return installed.settings.published_database


def send(settings: Settings, number: int, day: date) -> None:
    """When a file was delivered is its own time stamp: the same for both."""
    sent = deliver(settings, ticket_table({"办结意见": f"第{number}次"}, {}, {"业务类型": "吐槽"}), day=day)
    os.utime(sent.path, times=(DELIVERED, DELIVERED))


def parent_of(pid: int) -> int | None:
    try:
        return int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        )
    except OSError:  # it has ended
        return None


class Pipeline:
    """The four DAGs for the files of one day, each of them struck once."""

    def __init__(self, airflow: Airflow, victim: str, chance: random.Random) -> None:
        self.airflow, self.victim, self.chance = airflow, victim, chance
        self.client: AirflowClient = airflow.client()
        self.struck: list[str] = []

    def run(self, day: date) -> None:
        since = datetime.now(UTC)
        run = demo.Run(demo.DAGS[0], self.client.trigger(demo.DAGS[0], str(day), {"wait_minutes": 0}))
        for number, dag_id in enumerate(demo.DAGS):
            if number:
                run = demo.appearing_run(self.client, dag_id, str(day), since, Progress())
            self.strike(run)
            self.finish(run)

    def strike(self, run: demo.Run) -> None:
        running = self._running_task(run)
        time.sleep(self.chance.uniform(*LATE))
        daemons = {daemon.name.removeprefix("airflow-"): daemon for daemon in self.airflow.daemons()}
        victims = self._busy_workers(daemons["scheduler"]) if self.victim == "worker" else [daemons[self.victim].pid()]
        assert victims
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        while any(started_at(pid) for pid in victims):
            time.sleep(0.1)
        self.struck.append(f"{self.victim} killed while {running} of {run.dag_id} ran")
        print(self.struck[-1])
        self.airflow.start(Progress())

    @staticmethod
    def _busy_workers(scheduler: Daemon) -> list[int]:
        """The workers that have a task, and all that they started. An idle one waits with the lock of the executor's queue in
        its hands: whoever kills that one has to start the scheduler anew."""
        record = json.loads(scheduler.pid_file.read_text(encoding="utf-8"))
        members = session_members(record["pid"], record["started_at"])
        parents = {pid: parent_of(pid) for pid in members}
        busy = {pid for pid in members if parents[pid] == record["pid"] and pid in parents.values()}
        while more := {pid for pid, parent in parents.items() if parent in busy} - busy:
            busy |= more
        return sorted(busy)

    def _running_task(self, run: demo.Run) -> str:
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            tasks = self.client.task_instances(run.dag_id, run.run_id)
            for task in tasks:
                if task["state"] == "running":
                    return task["task_id"]
            assert not tasks or {task["state"] for task in tasks} != {"success"}, f"{run.dag_id} was over at once"
            time.sleep(0.1)
        raise AssertionError(f"no task of {run.dag_id} ran")

    def finish(self, run: demo.Run) -> None:
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            try:
                return demo.follow(self.airflow.settings, self.client, run, Progress())
            except HotlineError as error:
                assert "failed" not in str(error), error
                time.sleep(1)  # the server is on its way up
        raise AssertionError(f"{run.dag_id} did not end")


def test_what_is_killed_in_the_middle_of_each_dag_leaves_no_trace(history, undisturbed):
    airflow = Airflow(history.settings, free_port(18080))
    chance = random.Random(SEED)  # noqa: S311
    struck = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_HOME", str(HOME))
        patch.setenv("HOTLINE_VAR", str(history.settings.var))
        try:
            airflow.start(Progress())
            for number, (victim, day) in enumerate(DAYS.items()):
                send(history.settings, number, day)
                pipeline = Pipeline(airflow, victim, chance)
                pipeline.run(day)
                struck += pipeline.struck
        finally:
            airflow.stop()
    assert len(struck) == len(DAYS) * len(demo.DAGS)
    assert differing(undisturbed, history.settings.published_database) == {}
