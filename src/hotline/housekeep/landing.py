"""Delivered files that are in the raw layer, and have been for as long as the rule says.

A file goes when the judgement of its very bytes that counts has taken rows of it and these rows are there. What was
rejected, what nobody has answered yet, what changed since and whatever is no regular file stays. How long ago is told by
our own clock: when the entry was written and when the file was last changed on our disk, not the time that a sender sets.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.housekeep.sweep import Outcome
from hotline.ingest import ledger
from hotline.ingest.landing import CHECK_SUFFIXES, SENDER, Delivery, day_of, deliveries_of_day
from hotline.ingest.opening import is_plain_file, is_plain_folder, open_file
from hotline.settings import TIMEZONE, Settings

TAKEN = {"loaded", "partial"}


def sweep(settings: Settings, outcome: Outcome, days: int, now: datetime, dry_run: bool) -> None:
    """Remove what was taken more than ``days`` days before ``now`` (local), each with its check file."""
    feeds = sorted(path.name.removesuffix(".odcs.yaml") for path in settings.contracts.glob("*.odcs.yaml"))
    limit = now - timedelta(days=days)
    for sender, day in _folders(settings.landing, outcome):
        found = list(deliveries_of_day(settings.landing, sender, day, feeds))
        outcome.seen += len(found)
        if day > limit.date() + timedelta(days=1):
            continue  # no file is taken more than a day before the day of its folder
        for delivery in found:
            if delivery.fault is None:
                _sweep_file(settings, delivery, limit, outcome, dry_run)
        if not dry_run and day <= limit.date():
            _remove_empty(settings.landing, sender, day)


def _folders(landing: Path, outcome: Outcome) -> Iterator[tuple[str, date]]:
    """Senders and days of the folders that are there; links are none."""
    for sender in sorted(landing.glob("*")):
        if not (SENDER.fullmatch(sender.name) and is_plain_folder(sender)):
            continue
        try:
            names = sorted(entry.name for entry in os.scandir(sender) if entry.is_dir(follow_symlinks=False))
        except OSError as error:
            outcome.refused(error)
            continue
        for name in names:
            if day := day_of(name):
                yield sender.name, day


def _sweep_file(settings: Settings, delivery: Delivery, limit: datetime, outcome: Outcome, dry_run: bool) -> None:
    path = delivery.path
    try:
        with os.fdopen(open_file(path), "rb") as file:
            about = os.fstat(file.fileno())
            if _moment(about.st_ctime) >= limit:
                return
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        outcome.refused(error)
        return
    entry = ledger.current(settings.ledger, delivery.feed, delivery.sender, delivery.day, digest)
    if entry is None or entry.status not in TAKEN or entry.ingested_at >= limit or not _has_rows(settings, entry):
        return
    # the check file first: a file without one is what it was, a check file without its file would be refused
    for suffix in CHECK_SUFFIXES:
        check = path.with_name(path.name + suffix)
        if is_plain_file(check) and not outcome.removed(
            lambda: _unlink(check, None), check, check.lstat().st_size, dry_run  # noqa: B023
        ):  # fmt: skip
            return
    outcome.removed(lambda: _unlink(path, about), path, about.st_size, dry_run)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, ZoneInfo(TIMEZONE)).replace(tzinfo=None)


def _has_rows(settings: Settings, entry: ledger.Entry) -> bool:
    """Whether the rows that a judgement took are in raw: else the delivered file is all there is."""
    return not entry.rows_loaded or (settings.raw / ledger.place_of_rows(entry)).is_file()


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    """A descriptor of ``<landing>/<sender>/<day>`` or of the sender's folder, neither of them a link."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    outer = os.open(folder.parent, flags)
    try:
        inner = os.open(folder.name, flags, dir_fd=outer)
    finally:
        os.close(outer)
    try:
        yield inner
    finally:
        os.close(inner)


def _unlink(path: Path, about: os.stat_result | None) -> None:
    """Remove a file; with ``about`` only if it is still the one that was looked at."""
    with _held(path.parent) as folder:
        now = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
        same = about is None or (now.st_ino, now.st_size, now.st_ctime_ns) == (
            about.st_ino,
            about.st_size,
            about.st_ctime_ns,
        )
        if not (same and stat.S_ISREG(now.st_mode)):
            raise OSError("changed since it was looked at")
        os.unlink(path.name, dir_fd=folder)


def _remove_empty(landing: Path, sender: str, day: date) -> None:
    """Remove the folder of a day when nothing lies in it."""
    try:
        with _held(landing / sender) as folder:
            os.rmdir(day.isoformat(), dir_fd=folder)
    except OSError:
        return  # something lies in it
