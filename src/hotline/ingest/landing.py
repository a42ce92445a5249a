"""What lies under the landing folder: every path is a delivery, or is refused with what to do.

Names are whatever a sender chose, bytes that are no text among them. Links are never followed, and nothing that is not a
regular file is ever opened. Only the standard library is used: the Airflow environment imports it too.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.errors import FileRejected
from hotline.ingest.opening import is_plain_folder
from hotline.ingest.rules import rejected
from hotline.settings import TIMEZONE

CHECK_SUFFIXES = (".check", ".CHECK", ".Check")
ANSWER_SUFFIX = ".核对结果.xlsx"
"""Of what ``hotline check`` answers; it has the header of the file that it is about, and is none."""
UNFINISHED = (".tmp", ".part")
UNFINISHED_SECONDS = 24 * 3600
"""After so long a file under the name of an unfinished transfer is answered: nobody is writing it any more."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
SENDER = re.compile(r"[0-9A-Za-z_-]{1,32}", re.ASCII)
"""Folder names that may be a sender's code and part of a path in the ledger."""
FIRST_DAY = date(2000, 1, 1)
"""Earliest day of a landing folder; whether its sender was connected then is for its register row to say."""


@dataclass(frozen=True)
class Delivery:
    """One path under the landing folder; a file to be taken is ``<sender>/<day>/<feed>*.csv``."""

    path: Path
    sender: str
    day: date | None
    """Day of the landing folder; None where the path lies in none."""
    feed: str
    fault: FileRejected | None = None
    """Why it is not even looked into, None for a file that is to be read."""
    place: str = ""
    """Where it lies below the landing folder, as text that can be printed and stored."""

    @property
    def delivered_at(self) -> datetime:
        """Modification time of the file, local time of the warehouse; now, where that lies ahead."""
        # a sender may set any time, also one that no calendar has: nothing that is here comes later
        moment = datetime.fromtimestamp(min(max(self.path.lstat().st_mtime, 0), time.time()), ZoneInfo(TIMEZONE))
        return moment.replace(tzinfo=None, microsecond=0)

    @property
    def file_name(self) -> str:
        """Name of the file as text."""
        return readable_name(self.path.name)

    @property
    def place_hash(self) -> str:
        """SHA-256 of its place: stands for the content of what is not read."""
        return hashlib.sha256(os.fsencode(self.place or str(self.path))).hexdigest()

    @property
    def label(self) -> str:
        """What messages call it: its place, or sender, day and name."""
        return self.place or f"{self.sender}/{self.day}/{self.file_name}"


def readable_name(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 are read as GB18030, and what is neither is spelled out."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")


def feed_of(path: Path, feeds: Collection[str]) -> str:
    """The feed a file name begins with, the longest match first, in any case; ``unknown`` when none does."""
    matches = [feed for feed in feeds if re.match(rf"{feed}(?![a-z])", path.name, re.IGNORECASE)]
    return max(matches, key=len, default="unknown")


def today() -> date:
    """The day it is, local."""
    return datetime.now(ZoneInfo(TIMEZONE)).date()


def day_of(folder: str) -> date | None:
    """The day that a folder is named after, None when it is none written YYYY-MM-DD."""
    try:
        return date.fromisoformat(folder) if DAY.fullmatch(folder) else None
    except ValueError:
        return None


def is_unfinished(name: str) -> bool:
    """Whether a name says that its file is still being written."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def find_deliveries(
    landing: Path,
    feeds: Collection[str],
    senders: Collection[str] | None = None,
    first: date | None = None,
    last: date | None = None,
    strays: bool = True,
) -> Iterator[Delivery]:
    """Every path below ``landing`` that is to be answered, in order of sender, day and name.

    Files still being written (hidden, .tmp, .part) are left alone for a day, check files go with their file.

    Parameters
    ----------
    senders: only these senders' folders.
    first, last: only folders of these days; what lies in no day's folder belongs to every span.
    strays: also what lies in no sender's folder, when ``senders`` narrows the search.
    """
    walk = _Walk(landing, feeds)
    for entry in walk.listing(landing) if landing.is_dir() else ():
        name = os.fsdecode(entry.name)
        if not entry.is_dir(follow_symlinks=False):
            if not senders or strays:
                yield from walk.stray(Path(entry.path), "", "landing_root")
        elif SENDER.fullmatch(name) and not name.startswith("."):
            if not senders or name in senders:
                yield from walk.sender(Path(entry.path), first, last)
        elif not senders or strays:
            yield from walk.below(Path(entry.path), "", "unknown_sender", sender=readable_name(name))


def deliveries_of_day(landing: Path, sender: str, day: date, feeds: Collection[str]) -> Iterator[Delivery]:
    """The same for one folder alone, which costs nothing but itself; none when it is not there."""
    folder = landing / sender / day.isoformat()
    if is_plain_folder(folder.parent) and is_plain_folder(folder):
        yield from _Walk(landing, feeds).day(folder, sender, day)


def strays(landing: Path, feeds: Collection[str], sender: str | None) -> Iterator[Delivery]:
    """What lies in no day's folder: of one sender, or for None what lies in no sender's folder."""
    some = find_deliveries(landing, feeds, [sender or ""], date.max, date.max, strays=sender is None)
    return (delivery for delivery in some if delivery.day is None)


def path_fault(path: Path) -> str:
    """The rule that a single path breaks by its kind alone, empty for a regular file."""
    fault = _Walk(path.parent, ()).fault(path)
    return "" if fault == "pass" else fault


class _Walk:
    def __init__(self, landing: Path, feeds: Collection[str]) -> None:
        self.landing, self.feeds = landing, feeds

    @staticmethod
    def listing(folder: Path) -> list[os.DirEntry]:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))

    def unreadable(self, folder: Path, sender: str) -> Iterator[Delivery]:
        """A folder that cannot be listed; none when it is gone."""
        if os.path.lexists(folder):
            yield self.delivery(folder, sender, None, rejected("deep_folder", self.place(folder)))

    def sender(self, folder: Path, first: date | None, last: date | None) -> Iterator[Delivery]:
        sender = folder.name
        try:
            entries = self.listing(folder)
        except OSError:
            yield from self.unreadable(folder, sender)
            return
        for entry in entries:
            path, name = Path(entry.path), readable_name(entry.name)
            if not entry.is_dir(follow_symlinks=False):
                yield from self.stray(path, sender, "no_day_folder")
                continue
            day, latest = day_of(name), today()
            if day is None:
                yield from self.below(path, sender, "day_folder", folder=name)
            elif not FIRST_DAY <= day <= latest + timedelta(days=1):
                yield from self.below(path, sender, "day_range", folder=name, first=FIRST_DAY, last=latest)
            elif (first is None or day >= first) and (last is None or day <= last):
                yield from self.day(path, sender, day)

    def day(self, folder: Path, sender: str, day: date) -> Iterator[Delivery]:
        """The deliveries of one day's folder."""
        try:
            entries = self.listing(folder)
        except OSError:
            yield from self.unreadable(folder, sender)
            return
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                yield from self.below(path, sender, "sub_folder")
            else:
                fault = self.fault(path)
                if fault != "pass":
                    yield self.delivery(path, sender, day, rejected(fault, self.place(path)) if fault else None)

    def stray(self, path: Path, sender: str, rule: str, /, **facts: object) -> Iterator[Delivery]:
        """A path that lies in no day's folder."""
        fault = self.fault(path)
        if fault != "pass":
            yield self.delivery(path, sender, None, rejected(fault or rule, self.place(path), **facts))

    def below(self, folder: Path, sender: str, rule: str, /, **facts: object) -> Iterator[Delivery]:
        """Everything in a folder that belongs to no delivery; the folder itself when it is empty or cannot be read."""
        try:
            entries = self.listing(folder)
        except OSError:
            yield from self.unreadable(folder, sender)
            return
        if not entries:
            yield self.delivery(folder, sender, None, rejected("empty_folder", self.place(folder)))
        waiting = [entries]
        while waiting:  # a stack and no recursion: a sender may nest folders as deep as the file system lets him
            for entry in waiting.pop():
                path = Path(entry.path)
                if not entry.is_dir(follow_symlinks=False):
                    yield from self.stray(path, sender, rule, **facts)
                    continue
                try:
                    inner = self.listing(path)
                except OSError:
                    yield from self.unreadable(path, sender)
                    continue
                if inner:
                    waiting.append(inner)
                else:
                    yield self.delivery(path, sender, None, rejected("empty_folder", self.place(path)))

    def fault(self, path: Path) -> str:
        """The rule that the path itself breaks, ``pass`` for what is to be left alone, empty for a file to read."""
        try:
            about = path.lstat()
        except FileNotFoundError:
            return "pass"  # gone since the folder was listed
        except OSError:
            return "deep_folder"
        if stat.S_ISLNK(about.st_mode):
            return "link"
        if not stat.S_ISREG(about.st_mode):
            return "device"
        name = path.name
        if name.endswith(ANSWER_SUFFIX):
            return "answer"
        if name.endswith(CHECK_SUFFIXES) and not name.startswith("."):
            return "pass" if os.path.lexists(path.with_suffix("")) else "check_without_file"
        if is_unfinished(name) or any(part.startswith(".") for part in path.relative_to(self.landing).parts[:-1]):
            return "unfinished" if abs(time.time() - about.st_mtime) > UNFINISHED_SECONDS else "pass"
        return ""

    def place(self, path: Path) -> str:
        return readable_name(os.path.relpath(path, self.landing))

    def delivery(self, path: Path, sender: str, day: date | None, fault: FileRejected | None) -> Delivery:
        return Delivery(path, sender, day, feed_of(path, self.feeds), fault, self.place(path))
