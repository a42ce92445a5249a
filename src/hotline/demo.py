"""``hotline demo``: the sample feeds through the whole pipeline, run by a real scheduler.

Everything it does can be repeated: feeds that lie in the landing area are not made again, services that run are not
started again, and the pipeline only runs when a delivered file is not in the ledger yet, or what the ledger says is not
in the published warehouse.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from hotline import approval, arrivals
from hotline.contracts import load_contracts
from hotline.errors import HotlineError
from hotline.ingest import ledger
from hotline.ingest.landing import find_deliveries
from hotline.platform_files import Definition
from hotline.publish import is_current
from hotline.settings import Settings
from hotline.stack import Stack
from hotline.stack.airflow import DAGS
from hotline.stack.airflow_client import AirflowClient
from hotline.stack.progress import Progress
from hotline.stack.secrets import PASSWORDS

FIRST_DELIVERY, LAST_DELIVERY = "2023-09-01", "2024-10-14"
"""The sample feeds' delivery days: one run of the pipeline covers them all, its partition is the last day."""

APPEAR_SECONDS = 120
"""A DAG that waits for an asset gets its run within seconds; after this long something is wrong."""

POLL_SECONDS = 1
ACTIVE = ("queued", "running")


@click.command()
def command() -> None:
    """Deliver the sample feeds, run the pipeline through Airflow, show the result."""
    settings, progress = Settings.from_environment(), Progress()
    begin = time.monotonic()
    deliver(settings, progress)
    stack = Stack.of(settings, starting=True)
    stack.up(progress)
    if why := needs_run(settings):
        progress.done(f"the pipeline has to run: {why}")
        run_pipeline(settings, stack.airflow.client(), progress)
    else:
        progress.done("every delivered file is in the published warehouse: nothing to run")
    progress.clear()
    subprocess.run([settings.executable("warehouse", "hotline"), "result"], check=True)
    for name, address in stack.addresses().items():
        click.echo(f"{name:<12}{address}")
    click.echo(f"{'passwords':<12}{settings.secrets / PASSWORDS}")
    click.echo(f"{'stop':<12}make stop")
    progress.done(f"done in {time.monotonic() - begin:.0f} s")


# feeds -----------------------------------------------------------------------------------------------


def deliver(settings: Settings, progress: Progress) -> None:
    """Put the sample feeds into the landing area; both commands leave alone what lies there already."""
    for name, what in (("simulate", "tickets of three months"), ("deliver", "the published documents as feeds")):
        progress(f"{what}: writing")
        begin = time.monotonic()
        argv = [settings.executable("warehouse", "hotline"), name, "--json"]
        # on a terminal the command draws its own progress; in a log only its errors are wanted
        errors = None if sys.stderr.isatty() else subprocess.PIPE
        run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        if run.returncode != 0:
            raise HotlineError(
                f"`hotline {name}` ended with exit code {run.returncode}", (run.stderr or "see above").strip()
            )
        progress.done(f"{what} ({time.monotonic() - begin:.0f} s)")


def needs_run(settings: Settings) -> str | None:
    """Why the pipeline has to run, or None when the published warehouse holds every delivered file."""
    entries = list(ledger.read(settings.ledger))
    if pending := sum(1 for _ in pending_files(settings, entries)):
        return f"{pending} delivered files are not in the ledger"
    if not settings.published_database.is_file() or not settings.build_database.is_file():
        return "nothing is published yet"
    state = approval.read(settings)
    if state.build is None or state.build.ledger != ledger.digest(settings.ledger):
        return "files were ingested after the last build"
    try:
        approved = approval.require(settings)
    except HotlineError as error:
        return str(error).splitlines()[0]
    if not is_current(approved, settings.serving, Definition.read(settings.security)):
        return "the last build is not published, or another platform has a user now"
    return None


def pending_files(settings: Settings, entries: list[dict]) -> Iterator[Path]:
    """Delivered files without a ledger entry."""
    for delivery in arrivals.pending(find_deliveries(settings.landing, list(load_contracts())), entries):
        yield delivery.path


# runs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One DAG run."""

    dag_id: str
    run_id: str


def run_pipeline(settings: Settings, client: AirflowClient, progress: Progress) -> None:
    """Start ``ingest_feeds`` for the sample range (or join a run of it) and follow it through all four DAGs."""
    since = datetime.now(UTC)
    active = [run for run in client.runs(DAGS[0], LAST_DELIVERY) if run["state"] in ACTIVE]
    run_id = active[0]["dag_run_id"] if active else client.trigger(DAGS[0], LAST_DELIVERY, {"from_day": FIRST_DELIVERY})
    if active:
        since = datetime.fromisoformat(active[0]["queued_at"])
    follow(settings, client, Run(DAGS[0], run_id), progress)
    for dag_id in DAGS[1:]:
        follow(settings, client, appearing_run(client, dag_id, LAST_DELIVERY, since, progress), progress)


def appearing_run(client: AirflowClient, dag_id: str, day: str, since: datetime, progress: Progress) -> Run:
    """The run that the asset event of the DAG before has started, as soon as it is there."""
    deadline = time.monotonic() + APPEAR_SECONDS
    while time.monotonic() < deadline:
        for run in client.runs(dag_id, day):
            if datetime.fromisoformat(run["queued_at"]) >= since:
                return Run(dag_id, run["dag_run_id"])
        progress(f"{dag_id}: waiting for its run")
        time.sleep(POLL_SECONDS)
    raise HotlineError(
        f"{dag_id} got no run for partition {day} within {APPEAR_SECONDS} s",
        f"look at the asset events in Airflow, {client.address}/assets",
    )


def follow(settings: Settings, client: AirflowClient, run: Run, progress: Progress) -> None:
    """Wait for the end of a run; raises HotlineError naming DAG, task and log file when it failed."""
    begin = time.monotonic()
    while True:
        state = client.call("GET", f"/dags/{run.dag_id}/dagRuns/{run.run_id}")["state"]
        tasks = client.task_instances(run.dag_id, run.run_id)
        seconds = time.monotonic() - begin
        if state == "success":
            progress.done(f"{run.dag_id} ({seconds:.0f} s)")
            return
        if state == "failed":
            raise HotlineError(*explain_failure(settings, run, tasks))
        counts = Counter(str(task["state"]) for task in tasks)
        retrying = f", {counts['up_for_retry']} waiting for a retry" if counts["up_for_retry"] else ""
        progress(f"{run.dag_id}: {counts['success']} of {len(tasks)} tasks done{retrying}, {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def explain_failure(settings: Settings, run: Run, tasks: list[dict]) -> tuple[str, str]:
    """Message and remedy for a failed run: which task, the last error it logged, where the whole log is."""
    failed = [task for task in tasks if task["state"] == "failed"]
    if not failed:
        return f"{run.dag_id} failed without a failed task", "look at the run in Airflow"
    task = failed[0]
    log = log_file(settings, run, task)
    label = task["task_id"] + (f" [{task['rendered_map_index']}]" if task.get("rendered_map_index") else "")
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"DAG {run.dag_id}: task {label} failed{more}\n{last_error(log)}", f"the whole log: {log}"


def log_file(settings: Settings, run: Run, task: dict) -> Path:
    """Where Airflow keeps the log of a task's last attempt."""
    folder = settings.var / "airflow" / "logs" / f"dag_id={run.dag_id}" / f"run_id={run.run_id}"
    folder /= f"task_id={task['task_id']}"
    if task["map_index"] >= 0:
        folder /= f"map_index={task['map_index']}"
    return folder / f"attempt={task['try_number']}.log"


def last_error(log: Path) -> str:
    """The text of the last exception in a task log (JSON lines)."""
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except OSError:
        return "  (no log)"
    for line in reversed(lines):
        record = json.loads(line) if line.startswith("{") else {}
        if details := record.get("error_detail"):
            return "  " + str(details[0].get("exc_value", ""))
    return "  (no exception in the log)"
