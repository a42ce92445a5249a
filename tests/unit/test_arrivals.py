"""What is awaited, until when, what is overdue and what came late: rules over folders, contracts and a clock."""

import hashlib
from datetime import datetime

import pytest

from hotline import arrivals
from hotline.ingest import ledger
from hotline.settings import Settings

DAY, MORNING = "2024-10-24", datetime(2024, 10, 24, 6, 30)
DAILY = ["callbacks", "ticket_events", "tickets"]


@pytest.fixture
def settings(tmp_path):
    return Settings(home=Settings.from_environment().home, var=tmp_path)


@pytest.fixture
def clock(monkeypatch):
    """Sets the time of day."""
    return lambda moment: monkeypatch.setattr(arrivals, "now", lambda: moment)


def deliver(settings, *names: str, sender="210100", day=DAY, content="x") -> None:
    for name in names:
        path = settings.landing / sender / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def take(settings, name: str, sender="210100", day=DAY, content="x") -> None:
    """A ledger entry for a file that a run has taken."""
    path = settings.landing / sender / day / name
    (delivery,) = [file for file in arrivals.deliveries(sender, day, day, settings) if file.path == path]
    digest = hashlib.sha256(content.encode()).hexdigest()
    entry = ledger.Entry(
        feed=delivery.feed, platform_code=sender, dt=delivery.day, file_name=name, content_hash=digest,
        size_bytes=path.stat().st_size, delivered_at=delivery.delivered_at, ingested_at=delivery.delivered_at,
        encoding="utf-8", delimiter=",", rows_in=0, rows_loaded=0, rows_quarantined=0, status="loaded",
    )  # fmt: skip
    ledger.write(settings.ledger, entry)


# waiting


def test_the_daily_feeds_are_those_that_the_contracts_call_daily(settings):
    assert sorted(arrivals.daily_feeds(settings)) == DAILY
    assert arrivals.daily_feeds(settings)["tickets"][0] == "工单"


def test_the_deadline_is_the_contracts_time_of_the_day_and_the_grace(settings):
    assert arrivals.deadline(DAY, 0, settings) == datetime(2024, 10, 24, 6)
    assert arrivals.deadline(DAY, 90, settings) == datetime(2024, 10, 24, 7, 30)


def test_the_run_of_the_morning_waits_until_the_deadline(settings, clock):
    clock(MORNING)
    assert arrivals.wait_until(DAY, None, 90, settings) == "2024-10-24T07:30:00"


@pytest.mark.parametrize(
    ("moment", "from_day", "minutes"),
    [
        (datetime(2024, 10, 24, 5, 30), None, 0),
        (MORNING, None, 30),
        (MORNING, "2023-09-01", 90),
        (datetime(2024, 10, 24, 7, 30), None, 90),
        (datetime(2026, 11, 22, 6, 30), None, 1440),
        (datetime(2024, 10, 23, 23, 59), None, 90),
    ],
    ids=["no minutes", "exactly over", "range backfill", "at the deadline", "years later", "a day to come"],
)
def test_nothing_else_ever_waits(settings, clock, moment, from_day, minutes):
    clock(moment)
    assert arrivals.wait_until(DAY, from_day, minutes, settings) is None


def test_a_platform_misses_what_has_no_complete_file(settings):
    assert arrivals.missing_feeds("210100", DAY, settings) == DAILY
    deliver(settings, "tickets-20241024.csv", "callbacks.xlsx", "ticket_events.csv.tmp", ".ticket_events.csv")
    deliver(settings, "ticket_events.csv", day="2024-10-23")
    assert arrivals.missing_feeds("210100", DAY, settings) == ["ticket_events"]
    deliver(settings, "ticket_events-2.csv.gz")
    assert arrivals.missing_feeds("210100", DAY, settings) == []


@pytest.mark.parametrize("sender", ["LN", "999999"])
def test_the_province_and_strangers_owe_nothing_daily(settings, sender):
    assert arrivals.missing_feeds(sender, DAY, settings) == []


@pytest.mark.parametrize(("day", "owing"), [("2024-09-10", 0), ("2024-10-15", 0), ("2024-10-16", 15)])
def test_a_platform_owes_daily_feeds_from_the_day_after_its_first_day(settings, day, owing):
    """The sample's history is one export a month; daily feeds are owed for 15 October, in the folder of the 16th."""
    assert len(arrivals.owing(day, settings)) == owing


def test_overdue_lists_platforms_and_only_what_they_owe(settings):
    for sender in list(arrivals.platforms(settings))[1:]:
        deliver(settings, *(f"{feed}.csv" for feed in DAILY), sender=sender)
    deliver(settings, "tickets.csv")
    assert arrivals.overdue(DAY, settings) == {"210100": ["callbacks", "ticket_events"]}


@pytest.mark.parametrize(
    ("moment", "from_day", "due"),
    [
        (datetime(2024, 10, 24, 7, 29), None, False),
        (datetime(2024, 10, 24, 7, 30), None, True),
        (datetime(2024, 10, 25, 7, 29), None, True),
        (datetime(2024, 10, 25, 7, 30), None, False),
        (datetime(2024, 10, 24, 8, 0), "2024-10-01", False),
    ],
)
def test_an_alert_is_due_for_a_day_after_the_deadline_and_never_for_a_backfill(settings, clock, moment, from_day, due):
    clock(moment)
    assert arrivals.is_alert_due(DAY, from_day, 90, settings) is due


# late files


def test_files_of_the_days_before_that_no_run_has_taken_are_late(settings):
    deliver(settings, "tickets.csv", day="2024-10-16")
    deliver(settings, "tickets.csv", "callbacks.csv", day="2024-10-17")
    deliver(settings, "tickets.csv", day="2024-10-23")
    deliver(settings, "tickets.csv", day=DAY)
    deliver(settings, "tickets.csv", sender="210200", day="2024-10-23")
    take(settings, "callbacks.csv", day="2024-10-17")
    late = arrivals.late_files("210100", DAY, 7, settings)
    assert [(str(file.day), file.path.name) for file in late] == [
        ("2024-10-17", "tickets.csv"),
        ("2024-10-23", "tickets.csv"),
    ]
    assert arrivals.late_files("210100", DAY, 0, settings) == []


def test_the_same_bytes_as_another_feed_are_late(settings):
    deliver(settings, "tickets.csv", "callbacks.csv", day="2024-10-23")
    take(settings, "tickets.csv", day="2024-10-23")
    assert [file.feed for file in arrivals.late_files("210100", DAY, 7, settings)] == ["callbacks"]


def test_a_corrected_file_under_the_same_name_is_late_and_the_same_bytes_are_not(settings):
    deliver(settings, "tickets.csv", day="2024-10-23")
    take(settings, "tickets.csv", day="2024-10-23")
    deliver(settings, "tickets-again.csv", day="2024-10-23")
    assert arrivals.late_files("210100", DAY, 7, settings) == []
    deliver(settings, "tickets.csv", day="2024-10-23", content="corrected")
    assert [file.path.name for file in arrivals.late_files("210100", DAY, 7, settings)] == ["tickets.csv"]
