"""The ledger: one JSON file a delivered file, written last, so that it exists only when the rows do.

No shared database: tasks that run side by side never wait for one another, and dbt reads the ledger as a source.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from hotline.personal import masked
from hotline.text import printable

HASH_DIGITS = 16
"""Digits of the content hash in file names; the whole hash stands inside the entry."""


@dataclass
class Entry:
    """What became of one delivered file. Times are local (Asia/Shanghai); ``rows_in = rows_loaded + rows_quarantined``."""

    feed: str
    platform_code: str
    dt: date
    file_name: str
    content_hash: str
    size_bytes: int
    delivered_at: datetime
    ingested_at: datetime
    encoding: str
    delimiter: str
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    status: str
    """``loaded``, ``partial`` (some rows quarantined) or ``rejected`` (no row loaded)."""
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    message: str = ""
    """Why the file was rejected and what to do, for the data engineer."""
    message_zh: str = ""
    """The same for the staff of the city."""

    def __post_init__(self) -> None:
        # names and messages hold what a sender wrote; which file it is, its hash tells
        self.platform_code, self.file_name = safe(self.platform_code), safe(self.file_name)
        self.message, self.message_zh = safe(self.message, keep="\n"), safe(self.message_zh, keep="\n")
        self.warnings = [safe(warning) for warning in self.warnings]
        if self.rows_in != self.rows_loaded + self.rows_quarantined:
            raise AssertionError(
                f"{self.file_name}: {self.rows_in} rows in, but {self.rows_loaded} loaded "
                f"+ {self.rows_quarantined} quarantined"
            )


def safe(text: str, keep: str = "") -> str:
    """A name or message as it may be kept and shown: personal numbers masked, control characters but ``keep`` written out."""
    return printable(masked(text), keep)


def entry_path(ledger: Path, feed: str, sender: str, day: date, content_hash: str) -> Path:
    """Where the entry of a file stands; the same bytes on the same day from the same sender give the same path."""
    return ledger / f"dt={day}" / f"platform={safe(sender)}" / f"{feed}-{content_hash[:HASH_DIGITS]}.json"


def write(ledger: Path, entry: Entry) -> Path:
    """Record ``entry`` at once or not at all."""
    path = entry_path(ledger, entry.feed, entry.platform_code, entry.dt, entry.content_hash)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(asdict(entry), ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    temporary.replace(path)
    return path


def read(ledger: Path) -> Iterator[dict]:
    """All entries, oldest delivery day first."""
    for path in sorted(ledger.glob("dt=*/platform=*/*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))
