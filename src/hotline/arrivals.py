"""What a platform has delivered, what is still missing, and how long it is worth waiting for it.

Only the standard library and the contracts (read when they are first needed): this module runs in the Airflow
environment, in tasks and in the triggerer. Days are ISO dates of landing folders, moments are local (Asia/Shanghai).
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.ingest import ledger
from hotline.ingest.files import format_of
from hotline.ingest.landing import Delivery, deliveries_of_day, strays
from hotline.ingest.ledger import safe
from hotline.ingest.opening import open_file
from hotline.personal import masked
from hotline.settings import TIMEZONE, Settings
from hotline.validity import holds_on

ALERT_HOURS = 24
"""For how long after a deadline a run still reports it: nobody is helped by an alert about last year's backfill."""


def now() -> datetime:
    """This moment, local."""
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None)


# what is owed ----------------------------------------------------------------------------------------


def platforms(settings: Settings | None = None) -> dict[str, str]:
    """Platform code to Chinese name. The province's own centre is none: it owes nothing daily."""
    from hotline.contracts import load_code_list  # reads YAML: not worth it whenever a DAG file is parsed

    return load_code_list("platforms", (settings or Settings.from_environment()).seeds).names


def daily_feeds(settings: Settings | None = None) -> dict[str, tuple[str, time]]:
    """Feeds that a platform delivers every day, for the day before: Chinese name and the contract's time of day."""
    from hotline.contracts import load_contracts

    contracts = load_contracts((settings or Settings.from_environment()).contracts).values()
    return {
        contract.feed: (contract.title, time.fromisoformat(contract.delivery_time))
        for contract in contracts
        if contract.delivered_by == "platform" and contract.delivery_frequency == "daily"
    }


def owing(day: str, settings: Settings | None = None) -> set[str]:
    """Platforms that owe their daily feeds in the landing folders of ``day``, which hold the data of the day before.

    Who delivers daily since when is data (``platform_obligations.csv``, while the platform itself is connected), the same
    that the punctuality marts count by.
    """
    data_day = date.fromisoformat(day) - timedelta(days=1)
    seeds = (settings or Settings.from_environment()).seeds
    connected = {row["code"] for row in _holding(seeds / "code_lists" / "platforms.csv", data_day)}
    obligations = _holding(seeds / "parameters" / "platform_obligations.csv", data_day)
    return {row["platform_code"] for row in obligations if row["delivery_mode"] == "daily"} & connected


def _holding(seed: Path, day: date) -> list[dict[str, str]]:
    with seed.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if holds_on(row, day)]


def deadline(day: str, wait_minutes: float, settings: Settings | None = None) -> datetime:
    """When waiting for a delivery day ends: the latest contract time of that day and ``wait_minutes`` of grace."""
    latest = max((due for _, due in daily_feeds(settings).values()), default=time.min)
    return datetime.combine(date.fromisoformat(day), latest) + timedelta(minutes=wait_minutes)


def wait_until(day: str, from_day: str | None, wait_minutes: float, settings: Settings | None = None) -> str | None:
    """Until when a run waits (ISO), or None.

    None for 0 minutes, a range backfill, a day past its deadline (nothing old ever waits) and a day still to come.
    """
    if from_day or not wait_minutes or date.fromisoformat(day) > now().date():
        return None
    until = deadline(day, wait_minutes, settings)
    return until.isoformat() if now() < until else None


# what is there ---------------------------------------------------------------------------------------


def _feeds(settings: Settings) -> list[str]:
    return sorted(path.name.removesuffix(".odcs.yaml") for path in settings.contracts.glob("*.odcs.yaml"))


def _all_deliveries(sender: str, first_day: str, last_day: str, settings: Settings) -> Iterator[Delivery]:
    """Whatever lies in a sender's folders of some days.

    Looks at these folders only: it is asked every few seconds, and the landing area holds years.
    """
    feeds, day, last = _feeds(settings), date.fromisoformat(first_day), date.fromisoformat(last_day)
    while day <= last:
        yield from deliveries_of_day(settings.landing, sender, day, feeds)
        day += timedelta(days=1)


def deliveries(sender: str, first_day: str, last_day: str, settings: Settings | None = None) -> Iterator[Delivery]:
    """A sender's complete files of some days; what is still being written (hidden, .tmp, .part) is none."""
    settings = settings or Settings.from_environment()
    for delivery in _all_deliveries(sender, first_day, last_day, settings):
        if delivery.fault is None and format_of(delivery.path):
            yield delivery


def missing_feeds(sender: str, day: str, settings: Settings | None = None) -> list[str]:
    """Daily feeds of which no file of this sender and day is there; none for whoever owes none."""
    if sender not in owing(day, settings):
        return []
    there = {delivery.feed for delivery in deliveries(sender, day, day, settings)}
    return [feed for feed in daily_feeds(settings) if feed not in there]


def overdue(day: str, settings: Settings | None = None) -> dict[str, list[str]]:
    """Platform to its missing daily feeds of a delivery day; platforms that delivered all are left out."""
    missing = {code: missing_feeds(code, day, settings) for code in sorted(owing(day, settings))}
    return {code: feeds for code, feeds in missing.items() if feeds}


def is_alert_due(day: str, from_day: str | None, wait_minutes: float, settings: Settings | None = None) -> bool:
    """Whether the deadline of a daily run has passed, and not long ago."""
    if from_day:
        return False
    ended = deadline(day, wait_minutes, settings)
    return ended <= now() < ended + timedelta(hours=ALERT_HOURS)


# what is new -----------------------------------------------------------------------------------------


def pending(found: Iterable[Delivery], entries: Iterable[Mapping]) -> Iterator[Delivery]:
    """Delivered files without a ledger entry.

    Name, size and time answer for nearly all; only a file that differs in these is hashed, for the same bytes
    delivered again are no news. What is no regular file is never opened.
    """
    entries = list(entries)
    seen = {(e["platform_code"], e["dt"], e["file_name"], e["size_bytes"], e["delivered_at"]) for e in entries}
    hashes = {(e["platform_code"], e["dt"], e["feed"], e["content_hash"]) for e in entries}
    places = {e["content_hash"] for e in entries if e["dt"] is None}
    for delivery in found:
        sender, path = safe(delivery.sender), delivery.path
        day = str(delivery.day) if delivery.day else None
        try:
            if day is None and delivery.place_hash in places:
                continue
            named = (sender, day, safe(delivery.file_name), path.lstat().st_size, str(delivery.delivered_at))
            # a name with a number in it stands masked in the ledger, where it no longer tells files apart
            if named in seen and (delivery.fault is not None or masked(delivery.file_name) == delivery.file_name):
                continue
            if delivery.fault is None:
                with os.fdopen(open_file(path), "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                if (sender, day, delivery.feed, digest) in hashes:
                    continue
        except FileNotFoundError:
            continue  # gone since the folder was listed
        except OSError:
            pass  # it cannot be read: the ingest says so in the ledger
        yield delivery


def late_files(sender: str, day: str, lookback_days: int, settings: Settings | None = None) -> list[Delivery]:
    """A sender's files of the days before ``day`` that no run has taken, oldest first."""
    settings = settings or Settings.from_environment()
    this = date.fromisoformat(day)
    first, last = (str(this - timedelta(days=days)) for days in (lookback_days, 1))
    found = list(_all_deliveries(sender, first, last, settings))
    return list(pending(found, ledger.read(settings.ledger, {str(delivery.day) for delivery in found}, sender)))


def unanswered(sender: str | None, settings: Settings | None = None) -> list[Delivery]:
    """What lies in no day's folder and has no ledger entry: of one sender, or for None what lies in no sender's."""
    settings = settings or Settings.from_environment()
    return list(pending(strays(settings.landing, _feeds(settings), sender), ledger.read_unplaced(settings.ledger)))


def unusable(sender: str, first_day: str, last_day: str, settings: Settings | None = None) -> list[Delivery]:
    """What lies in a sender's folders of some days, is no delivery, and has no ledger entry: links, other formats."""
    settings = settings or Settings.from_environment()
    found = [
        delivery
        for delivery in _all_deliveries(sender, first_day, last_day, settings)
        if delivery.fault is not None or not format_of(delivery.path)
    ]
    return list(pending(found, ledger.read(settings.ledger, {str(delivery.day) for delivery in found}, sender)))
