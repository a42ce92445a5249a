"""Who logged in, read or exported what: one JSON line an event, one file a day, kept for a number of days.

Only the standard library is used: the servers of the Airflow and the Superset environment write here. Every event is
one write to a file opened for appending, so several processes may write at once. A line names accounts, addresses,
dashboards, charts and datasets and counts rows; it holds neither results nor, as far as digits tell, personal data.
Times are local (Asia/Shanghai) with their offset, so that a line can be held against the logs of other machines.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.settings import TIMEZONE

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Control characters, those without width, and those that turn the direction of what follows."""
LONG_NUMBER = re.compile(r"\d(?:[ \-.]?\d){6,}")
"""Seven digits and more, as telephone and identity numbers are written; dates stay below."""
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SQL_CHARACTERS = 4000


def plain(text: str) -> str:
    """``text`` with every character escaped that could forge a line, a terminal's screen or an order of reading."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def without_numbers(sql: str) -> str:
    """A statement, cut at 4000 characters, with telephone and identity numbers masked: a filter may name a caller."""

    def masked(found: re.Match) -> str:
        return found.group() if DATE.fullmatch(found.group()) else "*" * 7

    kept = LONG_NUMBER.sub(masked, sql[:SQL_CHARACTERS])
    return kept if len(sql) <= SQL_CHARACTERS else f"{kept}… ({len(sql)} characters)"


class AccessLog:
    """The daily files ``<folder>/YYYY-MM-DD.jsonl`` (folder 700, files 600)."""

    def __init__(self, folder: Path, keep_days: int) -> None:
        self.folder, self.keep_days = folder, keep_days
        self._swept: date | None = None

    def write(self, service: str, action: str, *, account: str | None, address: str, **details: object) -> None:
        """Append one event. ``account`` None: not logged in, or a name that nobody has.

        Raises OSError when the event cannot be written; the caller decides whether to go on without.
        """
        now = datetime.now(ZoneInfo(TIMEZONE))
        event = {"time": now.isoformat(timespec="milliseconds"), "service": service, "action": action}
        event |= {"account": account, "address": address}
        event |= {name: value for name, value in details.items() if value is not None}
        line = plain(json.dumps(event, ensure_ascii=False, default=str)) + "\n"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{now.date()}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8"))
        finally:
            os.close(descriptor)
        if self._swept != now.date():
            self._swept = now.date()
            self.sweep(now.date())

    def sweep(self, today: date) -> list[str]:
        """Remove the files of days that need not be kept any more; returns their names."""
        old = [path for path in self.files() if self.is_old(path, today)]
        for path in old:
            path.unlink(missing_ok=True)
        return [path.name for path in old]

    def is_old(self, path: Path, today: date) -> bool:
        """Whether the file of a day need not be kept any more."""
        return path.stem < str(today - timedelta(days=self.keep_days))

    def files(self) -> list[Path]:
        """The files of all days, oldest first; anything else in the folder is not ours."""
        return sorted(path for path in self.folder.glob("*.jsonl") if DATE.fullmatch(path.stem))

    def read(self, first: date, last: date) -> Iterator[dict]:
        """The events of some days in the order of writing. A line cut short by a full disk reads as ``damaged``."""
        for path in self.files():
            if str(first) <= path.stem <= str(last):
                with path.open(encoding="utf-8", errors="replace") as lines:
                    for number, line in enumerate(lines, start=1):
                        try:
                            event = json.loads(line)
                        except ValueError:
                            event = None
                        yield (
                            event if isinstance(event, dict) else {"action": "damaged", "line": f"{path.name}:{number}"}
                        )
