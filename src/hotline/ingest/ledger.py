"""The ledger: one JSON file for each judgement of a delivered file, written last, so that it exists only when the rows do.

A file that is judged anew (mended, taken again, withdrawn) gets another entry with the next number; none is overwritten, and
the one with the highest number counts. The name holds a digest of the entry, so that one name never means two contents.
No shared database: tasks that run side by side never wait for one another, and dbt reads the ledger as a source.
Entries of files that lie in no sender's day stand in ``unplaced/``, which dbt does not read: they belong to no delivery.
Only the standard library is used: the Airflow environment imports it too.
"""

from __future__ import annotations

import glob
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import date, datetime
from pathlib import Path

from hotline.origin import SIMULATED
from hotline.personal import masked
from hotline.text import printable

HASH_DIGITS = 16
"""Digits of the content hash in file names; the whole hash stands inside the entry."""
UNPLACED = "unplaced"
DAMAGED_SUFFIX = ".damaged"
DIGEST_DIGITS = 8
DIGEST = re.compile(rf"\.\d+-([0-9a-f]{{{DIGEST_DIGITS}}})\.json$")
"""In the name of an entry: its number, and what tells that it still is what was written."""

log = logging.getLogger(__name__)


@dataclass
class Entry:
    """What became of one delivered file. Times are local (Asia/Shanghai).

    ``rows_in = rows_loaded + rows_quarantined``, each counted for itself: read, written to raw, written to quarantine.
    ``rows_in`` and ``rows_quarantined`` are None where a rejected file did not let its rows be counted.
    """

    feed: str
    platform_code: str
    dt: date | None
    """Day of the landing folder; None where the file lies in no day's folder."""
    file_name: str
    content_hash: str
    size_bytes: int
    delivered_at: datetime
    ingested_at: datetime
    encoding: str
    delimiter: str
    rows_in: int | None
    rows_loaded: int
    rows_quarantined: int | None
    status: str
    """``loaded``, ``partial`` (some rows quarantined) or ``rejected`` (no row loaded)."""
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    message: str = ""
    """Why the file was rejected and what to do, for the data engineer."""
    message_zh: str = ""
    """The same for the staff of the city."""
    warnings_zh: list[str] = field(default_factory=list)
    path: str = ""
    """Where the file lies, below the landing folder."""
    judgement: int = 1
    """Which judgement of the file this is; the highest counts."""
    origin: str = SIMULATED
    """``real`` or ``simulated``; an entry that does not say was written by no installation of real records."""

    def __post_init__(self) -> None:
        # names and messages hold what a sender wrote; which file it is, its hash tells
        self.platform_code, self.file_name, self.path = safe(self.platform_code), safe(self.file_name), safe(self.path)
        self.message, self.message_zh = safe(self.message, keep="\n"), safe(self.message_zh, keep="\n")
        self.warnings = [safe(warning) for warning in self.warnings]
        self.warnings_zh = [safe(warning) for warning in self.warnings_zh]
        _check_balance(self.file_name, self.rows_in, self.rows_loaded, self.rows_quarantined)


def _check_balance(name: str, rows_in: int | None, loaded: int, quarantined: int | None) -> None:
    """Raise AssertionError when a row is in none of the counts or in two."""
    unknown = rows_in is None and quarantined is None and not loaded
    if not unknown and (rows_in is None or quarantined is None or rows_in != loaded + quarantined):
        raise AssertionError(f"{name}: {rows_in} rows in, but {loaded} loaded + {quarantined} quarantined")


def safe(text: str, keep: str = "") -> str:
    """A name or message as it may be kept and shown: personal numbers masked, control characters but ``keep`` written out."""
    return printable(masked(text), keep)


def parquet_name(content_hash: str, judgement: int) -> str:
    """Name of the Parquet file with the rows that a judgement loaded or quarantined."""
    return f"{content_hash[:HASH_DIGITS]}.{judgement}.parquet"


def place_of_rows(entry: Entry) -> Path:
    """Where the rows of a judgement lie in raw and quarantine."""
    name = parquet_name(entry.content_hash, entry.judgement)
    return Path(entry.feed) / f"dt={entry.dt}" / f"platform={entry.platform_code}" / name


def _place(ledger: Path, feed: str, sender: str, day: date | None, content_hash: str) -> tuple[Path, str]:
    """Folder of the entries of a file, and what their names begin with: of the same bytes, day and sender the same."""
    if day is None:
        return ledger / UNPLACED, content_hash[: 2 * HASH_DIGITS]
    return ledger / f"dt={day}" / f"platform={safe(sender)}", f"{feed}-{content_hash[:HASH_DIGITS]}"


def current(ledger: Path, feed: str, sender: str, day: date | None, content_hash: str) -> Entry | None:
    """The judgement of a file that counts; None when it was never judged."""
    folder, start = _place(ledger, feed, sender, day, content_hash)
    return max(_judgements(folder, f"{glob.escape(start)}.*.json"), key=_order, default=None)


def _judgements(folder: Path, pattern: str) -> Iterator[Entry]:
    return (entry for path in sorted(folder.glob(pattern)) if (entry := load(path)) is not None)


def _order(entry: Entry) -> tuple:
    """Of two with one number, as two runs at once may write, the later counts; a clock may stand wrong, so it comes second."""
    return entry.judgement, entry.ingested_at


def write(ledger: Path, entry: Entry) -> Path:
    """Record ``entry`` at once or not at all, and so that a power loss cannot undo or halve it."""
    folder, start = _place(ledger, entry.feed, entry.platform_code, entry.dt, entry.content_hash)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(entry), ensure_ascii=False, indent=1, default=str)
    path = folder / f"{start}.{entry.judgement}-{_digest(text.encode())}.json"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
    return path


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load(path: Path) -> Entry | None:
    """The entry in ``path``; None where there is none, or a damaged one, which is set aside with a warning."""
    try:
        return Entry(**_facts(path))
    except FileNotFoundError:
        return None
    except DAMAGE as error:
        _set_aside(path, error)
        return None


NAMES = frozenset(item.name for item in fields(Entry))
NEEDED = frozenset(item.name for item in fields(Entry) if item.default is MISSING and item.default_factory is MISSING)
KINDS = {name: str for name in NAMES} | {
    "dt": str | None, "size_bytes": int, "rows_in": int | None, "rows_loaded": int, "rows_quarantined": int | None,
    "judgement": int, "reasons": dict, "warnings": list, "warnings_zh": list,
}  # fmt: skip
"""What each fact is in the file."""
DAMAGE = (ValueError, TypeError, KeyError, AssertionError, RecursionError)
"""What reading a damaged entry may raise."""


def _facts(path: Path) -> dict:
    content = path.read_bytes()
    if (told := DIGEST.search(path.name)) and _digest(content) != told[1]:
        raise ValueError("not what was written")
    facts = json.loads(content.decode())  # of any other encoding dbt could not read it
    known = {name: facts[name] for name in facts if name in NAMES}
    if lacking := NEEDED - known.keys():
        raise KeyError(*sorted(lacking))
    if wrong := [name for name, fact in known.items() if not isinstance(fact, KINDS[name])]:
        raise TypeError(f"{wrong[0]} is {known[wrong[0]]!r}")
    known["dt"] = None if known["dt"] is None else date.fromisoformat(known["dt"])
    for moment in ("delivered_at", "ingested_at"):
        known[moment] = datetime.fromisoformat(known[moment])
    _check_balance(path.name, known["rows_in"], known["rows_loaded"], known["rows_quarantined"])
    return known


def _set_aside(path: Path, error: Exception) -> None:
    aside = path.with_name(path.name + DAMAGED_SUFFIX)
    log.warning(
        "%s is damaged (%r): set aside as %s; its file is taken anew by the next ingest", path, error, aside.name
    )
    try:
        path.replace(aside)
    except FileNotFoundError:
        return  # another run was quicker


def read(
    ledger: Path, days: Iterable[str] | None = None, sender: str | None = None, history: bool = False
) -> Iterator[dict]:
    """The entries that count, oldest delivery day first, then those that lie in no day.

    Parameters
    ----------
    days: only these days (ISO), and none without a day.
    sender: only this sender's.
    history: the earlier judgements of each file too, before the one that counts.
    """
    folders = sorted(ledger.glob("dt=*")) if days is None else [ledger / f"dt={day}" for day in sorted(days)]
    pattern = f"platform={glob.escape(safe(sender)) if sender else '*'}/*.json"
    for folder in folders:
        yield from _entries(folder, pattern, sender, history)
    if days is None:
        yield from _entries(ledger / UNPLACED, "*.json", sender, history)


def read_unplaced(ledger: Path) -> Iterator[dict]:
    """Entries of what lies in no sender's day."""
    return _entries(ledger / UNPLACED, "*.json", None)


def _entries(folder: Path, pattern: str, sender: str | None, history: bool = False) -> Iterator[dict]:
    files: dict[tuple, list[Entry]] = {}
    for entry in _judgements(folder, pattern):
        if sender is None or safe(sender) == entry.platform_code:
            files.setdefault((entry.platform_code, entry.feed, entry.content_hash), []).append(entry)
    for judgements in files.values():
        ordered = sorted(judgements, key=_order)
        for entry in ordered if history else ordered[-1:]:
            facts = asdict(entry)
            facts |= {name: None if facts[name] is None else str(facts[name]) for name in DATES}
            yield facts


def digest(ledger: Path) -> str:
    """Of all entries in days, by their names, which hold digests of what they say: another judgement is another digest."""
    names = sorted(path.relative_to(ledger).as_posix() for path in ledger.glob("dt=*/*/*.json"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


DATES = ("dt", "delivered_at", "ingested_at")


def set_damaged_aside(ledger: Path) -> int:
    """Look at every entry that dbt reads and set the damaged ones aside; returns how many were.

    dbt reads all entries in one statement, which a single one that is no JSON would end.
    """
    damaged = 0
    for path in ledger.glob("dt=*/platform=*/*.json"):
        try:
            _facts(path)
        except FileNotFoundError:
            continue  # set aside by another run
        except DAMAGE as error:
            _set_aside(path, error)
            damaged += 1
    return damaged
