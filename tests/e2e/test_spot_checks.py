"""A round of spot checks through a real scheduler: planned by one, approved by another, drawn, called, judged, and checked by
the platform itself. Runs after the pipeline's own tests, in the same installation.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from call_sheets import answer, filled, rows_of

from hotline import demo
from hotline.errors import HotlineError
from hotline.settings import TIMEZONE
from hotline.stack.airflow import OFFICER
from hotline.stack.progress import Progress

PLATFORM, ROUND, MONDAY = "210300", "2024-W38", "2024-09-23"
FRAME = f"ZT2024W38-{PLATFORM}"
PLAN, DRAW, JUDGE = "plan_spot_checks", "draw_spot_checks", "judge_spot_checks"
CALLERS = ("C01", "C02")
PATIENCE = 300
REACTION = 10
"""Seconds that a person takes to answer. Airflow takes a task for lost that goes on before the scheduler has noted that it
stopped to wait (apache/airflow#67287)."""
TICKET = re.compile(r"JT\d{22}")
EXAMPLE = "JT2103002024090400000001"
"""Number of the vector that is published with the algorithm."""


@dataclass
class Audited:
    """What became of the round, and what people were told on the way."""

    own_approval: str
    marked_as_success: str
    frozen_before_approval: bool
    value_too_early: list[str]
    judged: dict
    runs: dict[str, str]
    sheets: int


class Scheduler:
    def __init__(self, installation):
        self.client, self.officer = installation.airflow.client(), installation.airflow.client(OFFICER)

    def turn_on(self, dag_id: str) -> None:
        """As an officer does once; the run that the schedule then owes is about a week of today, and has no tickets."""
        self.client.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})
        run = self.triggered(dag_id, datetime.fromtimestamp(0, UTC))
        self.client.call("PATCH", f"/dags/{dag_id}/dagRuns/{run}", {"state": "failed"})

    def task(self, dag_id: str, run_id: str, task_id: str) -> dict:
        return next(t for t in self.client.task_instances(dag_id, run_id) if t["task_id"] == task_id)

    def wait(self, dag_id: str, run_id: str, task_id: str, *states: str) -> None:
        begin = time.monotonic()
        while (state := self.task(dag_id, run_id, task_id)["state"]) not in states:
            assert state not in {"failed", "upstream_failed"}, f"{dag_id}.{task_id}: {state}"
            assert time.monotonic() - begin < PATIENCE, f"{dag_id}.{task_id} is {state} and not {states}"
            time.sleep(0.5)

    def answer(self, client, dag_id: str, run_id: str, task_id: str, option: str, **params: str) -> None:
        time.sleep(REACTION)
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        client.call("PATCH", path, {"chosen_options": [option], "params_input": params})

    def triggered(self, dag_id: str, since: datetime) -> str:
        """The run that an asset has started since, whatever its partition."""
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            runs = self.client.call("GET", f"/dags/{dag_id}/dagRuns", order_by="-run_after", limit=5)["dag_runs"]
            for run in runs:
                if datetime.fromisoformat(run["queued_at"]) >= since:
                    return run["dag_run_id"]
            time.sleep(0.5)
        raise AssertionError(f"{dag_id} got no run")

    def said(self, dag_id: str, run_id: str) -> str:
        """All logs and XComs of a run, as a person with an account can read them."""
        texts = []
        for task in self.client.task_instances(dag_id, run_id):
            path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task['task_id']}"
            for attempt in range(1, task["try_number"] + 1):
                texts.append(json.dumps(self.client.call("GET", f"{path}/logs/{attempt}", full_content="true")))
            entries = self.client.call("GET", f"{path}/xcomEntries")["xcom_entries"]
            texts += [json.dumps(self.client.call("GET", f"{path}/xcomEntries/{entry['key']}")) for entry in entries]
        return "\n".join(texts)


@pytest.fixture(scope="module")
def audited(installation) -> Iterator[Audited]:
    settings, scheduler = installation.settings, Scheduler(installation)
    client, folder = scheduler.client, settings.audit / ROUND
    scheduler.turn_on(PLAN)
    begin = datetime.now(UTC)
    reveal = (datetime.now(ZoneInfo(TIMEZONE)) + timedelta(minutes=3)).replace(second=0, microsecond=0, tzinfo=None)
    asked = {"platforms": [PLATFORM], "reveal_at": f"{reveal:%Y-%m-%d %H:%M}"}
    plan = client.trigger(PLAN, MONDAY, asked)
    scheduler.wait(PLAN, plan, "approve", "awaiting_input")
    # who asked for it approves it himself
    scheduler.answer(client, PLAN, plan, "approve", "Approve")
    with pytest.raises(HotlineError) as own:
        demo.follow(settings, client, demo.Run(PLAN, plan), Progress())
    # who may mark tasks helps himself
    task = f"/dags/{PLAN}/dagRuns/{plan}/taskInstances/approve"
    client.call("PATCH", task, {"new_state": "success", "include_downstream": False})
    again = {"dry_run": False, "dag_run_id": plan, "task_ids": ["freeze"], "only_failed": False}
    client.call("POST", f"/dags/{PLAN}/clearTaskInstances", again)
    with pytest.raises(HotlineError) as marked:
        demo.follow(settings, client, demo.Run(PLAN, plan), Progress())
    frozen_before = folder.exists()
    clear = {
        "dry_run": False,
        "dag_run_id": plan,
        "task_ids": ["approve"],
        "include_downstream": True,
        "only_failed": False,
    }
    client.call("POST", f"/dags/{PLAN}/clearTaskInstances", clear)
    scheduler.wait(PLAN, plan, "approve", "awaiting_input")
    scheduler.answer(scheduler.officer, PLAN, plan, "approve", "Approve")
    demo.follow(settings, client, demo.Run(PLAN, plan), Progress())

    draw = scheduler.triggered(DRAW, begin)
    too_early = [task["task_id"] for task in client.task_instances(DRAW, draw) if task["state"] == "awaiting_input"]
    scheduler.wait(DRAW, draw, "ask_for_value", "awaiting_input")
    value = f"{reveal:%Y%m%d}-88421903578842190357"
    scheduler.answer(client, DRAW, draw, "ask_for_value", "OK", value=value, callers="，".join(CALLERS))
    demo.follow(settings, client, demo.Run(DRAW, draw), Progress())

    today, now = datetime.now(ZoneInfo(TIMEZONE)).date(), datetime.now(ZoneInfo(TIMEZONE))
    sheets = sorted((folder / "sheets").iterdir())
    for sheet in sheets:
        answers = {row: answer(False, f"{now:%Y-%m-%d %H:%M:%S}") for row in range(len(rows_of(sheet)) - 1)}
        (settings.landing / "LN" / str(today) / sheet.name).write_bytes(filled(sheet, answers))
    since = datetime.now(UTC)
    run = demo.Run(demo.DAGS[0], client.trigger(demo.DAGS[0], str(today), {"wait_minutes": 0}))
    for dag_id in (*demo.DAGS[1:], JUDGE):
        demo.follow(settings, client, run, Progress())
        run = demo.appearing_run(client, dag_id, str(today), since, Progress())
    demo.follow(settings, client, run, Progress())
    path = f"/dags/{JUDGE}/dagRuns/{run.run_id}/taskInstances/judge/xcomEntries/return_value"
    judged = client.call("GET", path)["value"]
    runs = {PLAN: plan, DRAW: draw, JUDGE: run.run_id}
    judged = json.loads(judged) if isinstance(judged, str) else judged
    yield Audited(str(own.value), str(marked.value), frozen_before, too_early, judged, runs, len(sheets))
    shutil.rmtree(settings.landing / "LN" / str(today))  # taken in; the next tests count what is delivered to them


def test_nobody_approves_what_he_asked_for(audited):
    assert "cannot approve it" in audited.own_approval
    assert "nobody has approved" in audited.marked_as_success
    assert not audited.frozen_before_approval


def test_nobody_is_asked_for_the_value_before_its_time(audited):
    assert audited.value_too_early == []


def test_the_round_is_judged_and_reported(installation, audited):
    assert audited.judged == {"judged": [ROUND], "running": []}
    assert audited.sheets == len(CALLERS)
    report = installation.settings.audit / ROUND / "report"
    assert {"report.html", "report.pdf", "report.docx"} <= {path.name for path in report.iterdir()}
    (row,) = installation.query(
        f"select design, drawn, reached, bad, grade, is_running from marts.mart_platform_verdict where frame_no = '{FRAME}'"
        " and basis = 'simulated' and is_leading"
    )
    design, drawn, reached, bad, grade, is_running = row
    assert (design, bad, is_running) == ("random", 0, False)
    assert drawn == reached > 20
    assert grade[0] in "DE", "nothing was found"


def test_the_platform_finds_the_same_offline(installation, audited):
    bundle = installation.settings.audit / ROUND / "bundles" / FRAME
    run = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"], cwd=bundle, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_no_ticket_stands_in_a_log_or_a_message(installation, audited):
    scheduler = Scheduler(installation)
    for dag_id, run_id in audited.runs.items():
        said = scheduler.said(dag_id, run_id)
        assert ROUND in said, "the logs were read"
        assert set(TICKET.findall(said)) <= {EXAMPLE}, dag_id
