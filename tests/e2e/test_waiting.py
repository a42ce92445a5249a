"""A morning in a real scheduler: one platform is late, one does not come, the mail goes out, the next run catches up.

Runs after the pipeline's own tests, in the same installation; what follows ingest is paused, so nothing is rebuilt.
"""

import csv
import io
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from mail_server import mail_server
from ticket_files import GOOD

from hotline import arrivals, demo
from hotline.contracts import load_contracts
from hotline.notify import CONNECTION
from hotline.settings import TIMEZONE

LATE, SILENT = "210100", "210200"
"""The one delivers while its task waits, the other only after the run. First in line, so that both wait early."""
WAIT = timedelta(seconds=75)  # the others need 30 of them on two cores with eleven programs running
PATIENCE = 300


@dataclass
class Morning:
    """Two runs of ``ingest_feeds`` and what they left behind."""

    day: str
    deadline: datetime
    arrived: datetime
    first: list[dict]
    """Task instances of the day's run, ``second`` of the next day's."""
    second: list[dict]
    reports: list[dict]
    """What the asset events of both runs hold."""
    mails: list


def deliver(settings, sender: str, day: str) -> None:
    """The daily feeds of one sender: a ticket, and of the others only the header."""
    folder = settings.landing / sender / day
    folder.mkdir(parents=True, exist_ok=True)
    for feed in arrivals.daily_feeds():
        row = {column.header: "" for column in load_contracts()[feed].columns}
        if feed == "tickets":
            prefix = sender if sender.isdigit() else "210000"  # a ticket bears the number of its own platform
            row |= GOOD | {"平台编码": sender, "工单编号": f"JT{prefix}{GOOD['工单编号'][8:]}"}
        text = io.StringIO()
        writer = csv.DictWriter(text, list(row), lineterminator="\n")
        writer.writeheader()
        if feed == "tickets":
            writer.writerow(row)
        temporary = folder / f"{feed}.csv.tmp"
        temporary.write_text(text.getvalue(), encoding="utf-8")
        temporary.rename(folder / f"{feed}.csv")


def until(condition, what: str):
    """The first true answer of ``condition``."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(0.5)
    pytest.fail(f"no {what} within {PATIENCE} s", pytrace=False)


def state(tasks: list[dict], sender: str) -> str | None:
    return next((task["state"] for task in tasks if task["rendered_map_index"] == sender), None)


def local(task: dict, name: str) -> datetime:
    return datetime.fromisoformat(task[name]).astimezone(ZoneInfo(TIMEZONE)).replace(tzinfo=None)


@pytest.fixture(scope="module")
def morning(installation):
    settings, client = installation.settings, installation.airflow.client()
    for dag_id in demo.DAGS[1:]:
        client.call("PATCH", f"/dags/{dag_id}", {"is_paused": True})

    def finished(run_id: str) -> list[dict] | None:
        run = client.call("GET", f"/dags/{demo.DAGS[0]}/dagRuns/{run_id}")
        return client.task_instances(demo.DAGS[0], run_id) if run["state"] in ("success", "failed") else None

    with mail_server() as (port, mails):
        extra = (
            '{"from_email": "hotline@example.org", "to": "duty@example.org", "disable_ssl": true, "disable_tls": true}'
        )
        server = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
        client.call("POST", "/connections", {"connection_id": CONNECTION} | server)

        deadline = arrivals.now() + WAIT
        # yesterday with a long wait, at whatever hour this runs: the scheduler's own run is about today
        day = deadline.date() - timedelta(days=1)
        for sender in arrivals.platforms():
            if sender not in (LATE, SILENT):
                deliver(settings, sender, str(day))
        minutes = (deadline - arrivals.deadline(str(day), 0)).total_seconds() / 60
        run_id = client.trigger(demo.DAGS[0], str(day), {"wait_minutes": minutes})

        def both_wait_while_others_are_done() -> bool:
            tasks = client.task_instances(demo.DAGS[0], run_id)
            waiting = [state(tasks, sender) for sender in (LATE, SILENT)] == ["deferred"] * 2
            return waiting and state(tasks, "210300") == "success"

        until(both_wait_while_others_are_done, "two waiting tasks beside a finished one")
        arrived = arrivals.now()
        deliver(settings, LATE, str(day))
        first = until(lambda: finished(run_id), "end of the first run")
        mails_of_the_day = list(mails)

        deliver(settings, SILENT, str(day))
        following = str(day + timedelta(days=1))
        next_id = client.trigger(demo.DAGS[0], following, {"wait_minutes": 0})
        second = until(lambda: finished(next_id), "end of the second run")

    events = client.call("GET", "/assets/events", source_dag_id=demo.DAGS[0])["asset_events"]
    by_run = {event["source_run_id"]: event["extra"] | {"partition": event["partition_key"]} for event in events}
    reports = [by_run[run_id], by_run[next_id]]
    return Morning(str(day), deadline, arrived, first, second, reports, mails_of_the_day)


def ingest_task(tasks: list[dict], sender: str) -> dict:
    return next(task for task in tasks if task["rendered_map_index"] == sender)


def test_no_task_failed_or_was_tried_again(morning):
    for tasks in (morning.first, morning.second):
        assert {(task["state"], task["try_number"]) for task in tasks} == {("success", 1)}


def test_the_wait_ends_soon_after_the_files_came(morning):
    ended = local(ingest_task(morning.first, LATE), "end_date")
    assert morning.arrived < ended < morning.deadline, "not at the deadline"


def test_the_wait_for_a_silent_platform_ends_at_the_deadline(morning):
    ended = local(ingest_task(morning.first, SILENT), "end_date")
    assert morning.deadline <= ended < morning.deadline + timedelta(seconds=60)


def test_nobody_waited_for_another(morning):
    waited = (LATE, SILENT)
    others = [task for task in morning.first if task["rendered_map_index"] and task["rendered_map_index"] not in waited]
    assert len(others) >= 14
    assert max(local(task, "end_date") for task in others) < morning.deadline


def test_the_report_names_the_silent_platform_and_the_build_is_told(morning):
    report = morning.reports[0]
    assert report["partition"] == morning.day
    assert SILENT in report["missing"]
    assert LATE not in report["missing"]
    assert report["files"] >= 14 * 3
    assert report["overdue"] == {SILENT: list(arrivals.daily_feeds())}
    assert report["failed"] == []


def test_one_mail_names_the_silent_platform_its_feeds_and_the_day(morning):
    (mail,) = morning.mails
    assert mail["Subject"] == f"【12328热线数据】{morning.day} 每日数据逾期：1 个平台未送齐"
    body = mail.get_body(("html",)).get_content()
    assert f"- {SILENT} 大连：回访记录（callbacks）、工单流转记录（ticket_events）、工单（tickets）" in body
    assert LATE not in body


def test_the_next_run_takes_the_late_files_and_tells_the_build(morning, installation):
    report = morning.reports[1]
    assert report["late"] == [f"{SILENT}/{morning.day}/{feed}.csv" for feed in arrivals.daily_feeds()]
    assert (report["files"], report["unchanged"], report["rows_loaded"]) == (3, 0, 1)
    entries = list((installation.settings.ledger / f"dt={morning.day}" / f"platform={SILENT}").glob("*.json"))
    assert len(entries) == 3


def test_nothing_is_late_any_more(morning, installation):
    following = str(datetime.fromisoformat(morning.day).date() + timedelta(days=1))
    late = {sender: arrivals.late_files(sender, following, 7, installation.settings) for sender in arrivals.platforms()}
    assert not any(late.values())
