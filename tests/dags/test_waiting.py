"""A sender's task waits in the triggerer, takes late files, and the alert reaches a real mail server."""

import asyncio
import json
from datetime import timedelta

import pytest
from airflow.sdk.exceptions import TaskDeferred
from mail_server import mail_server

from hotline import arrivals, notify, orchestration
from hotline.errors import HotlineError
from hotline.waiting import FeedsTrigger, IngestSender

DAY = "2024-10-24"
COUNTS = {"files": 1, "unchanged": 0, "rows_in": 5, "rows_loaded": 4, "rows_quarantined": 1, "rejected": []}


@pytest.fixture
def deliver(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))

    def deliver(*feeds: str, day=DAY) -> None:
        for feed in feeds:
            path = tmp_path / "landing" / "210100" / day / f"{feed}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")

    return deliver


@pytest.fixture
def steps(monkeypatch):
    """Arguments of the steps that were run."""
    called = []
    monkeypatch.setattr(orchestration, "run_step", lambda argv: called.append(argv) or COUNTS)
    return called


def in_seconds(seconds: float) -> str:
    return (arrivals.now() + timedelta(seconds=seconds)).isoformat()


def fire(trigger: FeedsTrigger, meanwhile=None) -> tuple[dict, float]:
    """The trigger's only event, and the seconds until it came."""

    async def run() -> list:
        background = asyncio.create_task(meanwhile()) if meanwhile else None
        events = [event async for event in trigger.run()]
        if background:
            await background
        return events

    begin = arrivals.now()
    (event,) = asyncio.run(run())
    return event.payload, (arrivals.now() - begin).total_seconds()


# the trigger


def test_the_wait_ends_when_the_last_feed_comes(deliver):
    deliver("tickets", "callbacks")

    async def late() -> None:
        await asyncio.sleep(0.4)
        deliver("ticket_events")

    payload, seconds = fire(FeedsTrigger("210100", DAY, in_seconds(60), poke_seconds=0.05), late)
    assert payload == {"missing": []}
    assert 0.35 < seconds < 10


def test_the_wait_ends_at_the_deadline_and_says_what_is_missing(deliver):
    deliver("tickets")
    payload, seconds = fire(FeedsTrigger("210100", DAY, in_seconds(0.5), poke_seconds=30))
    assert payload == {"missing": ["callbacks", "ticket_events"]}
    assert 0.45 < seconds < 10, "the last sleep is cut short"


def test_the_trigger_can_be_made_anew_in_another_process():
    path, arguments = FeedsTrigger("210100", DAY, "2024-10-24T07:30:00", 5).serialize()
    module, _, name = path.rpartition(".")
    assert (module, name) == (FeedsTrigger.__module__, FeedsTrigger.__name__)
    assert FeedsTrigger(**json.loads(json.dumps(arguments))).serialize() == (path, arguments)


# the task


def task(**options) -> IngestSender:
    days = {"first_day": DAY, "last_day": DAY}
    return IngestSender(task_id="ingest_sender", **({"sender": "210100"} | days | options))


def test_a_task_with_missing_feeds_defers_until_the_deadline(deliver, steps):
    deliver("tickets")
    with pytest.raises(TaskDeferred) as deferred:
        task(wait_until=in_seconds(60)).execute({})
    assert deferred.value.method_name == "resume"
    assert timedelta(minutes=15) < deferred.value.timeout <= timedelta(minutes=16)
    assert steps == []


@pytest.mark.parametrize(
    ("feeds", "seconds"),
    [(("tickets", "callbacks", "ticket_events"), 60), (("tickets",), -1), (("tickets",), None)],
    ids=["all there", "deadline over", "no wait"],
)
def test_a_task_that_need_not_wait_takes_what_is_there_at_once(deliver, steps, feeds, seconds):
    deliver(*feeds)
    result = task(wait_until=None if seconds is None else in_seconds(seconds)).execute({})
    assert steps == [["ingest", "--sender", "210100", "--from", DAY, "--to", DAY, "--jobs", "1"]]
    owed = [] if len(feeds) == 3 else ["callbacks", "ticket_events"]
    assert result == COUNTS | {"sender": "210100", "delivered": len(feeds), "overdue": owed, "late": []}


@pytest.mark.parametrize("missing", [[], ["callbacks"]])
def test_a_task_goes_on_after_the_wait_whatever_came(deliver, steps, missing):
    deliver("tickets")
    assert task().resume({}, {"missing": missing})["delivered"] == 1
    assert len(steps) == 1


def test_late_files_widen_the_range_to_their_day(deliver, steps):
    deliver("tickets", day="2024-10-20")
    deliver("tickets")
    result = task(lookback_days=7).execute({})
    assert steps[0][3:7] == ["--from", "2024-10-20", "--to", DAY]
    assert result["late"] == ["210100/2024-10-20/tickets.csv"]
    assert result["delivered"] == 1, "a late file is no delivery of this day"


# the alert


@pytest.fixture
def alert():
    return notify.deadline_missed(DAY, arrivals.deadline(DAY, 90), {"210300": ["tickets"]}, 7)


@pytest.fixture
def connect(monkeypatch):
    """Defines Airflow's connection to a mail server, as a secret in the environment."""

    def connect(port: int, **extra) -> None:
        extra = {"disable_ssl": True, "disable_tls": True, "retry_limit": 0, "timeout": 5} | extra
        value = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_HOTLINE_SMTP", json.dumps(value))

    return connect


def test_without_a_connection_the_alert_goes_to_the_log(database):
    assert isinstance(notify.notifier(), notify.LogNotifier)


def test_with_a_connection_the_alert_arrives_by_mail(alert, connect):
    with mail_server() as (port, messages):
        connect(port, from_email="hotline@example.org", to="duty@example.org, chief@example.org")
        notify.notifier().send(alert)
    (mail,) = messages
    assert mail["Subject"] == alert.subject
    assert (mail["From"], mail["To"]) == ("hotline@example.org", "duty@example.org, chief@example.org")
    body = mail.get_body(("html",)).get_content()
    assert "- 210300 鞍山：工单（tickets）<br>" in body
    assert "处理办法" in body


def test_a_connection_without_receivers_is_an_error_with_a_remedy(alert, connect):
    connect(9, from_email="hotline@example.org")
    with pytest.raises(HotlineError, match="remedy: give its extra"):
        notify.notifier("smtp").send(alert)


def test_a_mail_server_that_is_down_fails_the_task_which_is_retried(alert, connect):
    with mail_server() as (port, _):
        pass
    connect(port, from_email="hotline@example.org", to="duty@example.org")
    with pytest.raises(OSError):
        notify.notifier().send(alert)
