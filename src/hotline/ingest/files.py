"""Deliveries on disk: where they lie, which feed they are, in what encoding, with which columns."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.contracts import Column, Contract, normalise
from hotline.errors import HotlineError
from hotline.settings import TIMEZONE

DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz")
CHECK_SUFFIX = ".check"
DELIMITERS = (",", "\t", ";", "|")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Delivery:
    """One delivered file: ``landing/<sender>/<day>/<feed>*.csv``."""

    path: Path
    sender: str
    day: date
    feed: str

    @property
    def delivered_at(self) -> datetime:
        """Modification time of the file, local time of the warehouse."""
        moment = datetime.fromtimestamp(self.path.stat().st_mtime, ZoneInfo(TIMEZONE))
        return moment.replace(tzinfo=None, microsecond=0)


def feed_of(path: Path, feeds: list[str]) -> str:
    """The feed a file name begins with, the longest match first; ``unknown`` when none does."""
    matches = [feed for feed in feeds if re.match(rf"{feed}(?![a-z])", path.name)]
    return max(matches, key=len, default="unknown")


def find_deliveries(
    landing: Path,
    feeds: list[str],
    senders: list[str] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Iterator[Delivery]:
    """Delivered files in order of sender, day and name; files still being written (hidden, .tmp, .part) are left alone."""
    for folder in sorted(path for path in landing.glob("*/*") if path.is_dir()):
        sender = folder.parent.name
        try:
            day = date.fromisoformat(folder.name)
        except ValueError:
            continue
        if (senders and sender not in senders) or (first and day < first) or (last and day > last):
            continue
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith(".") and path.name.lower().endswith(DATA_SUFFIXES):
                yield Delivery(path, sender, day, feed_of(path, feeds))


@dataclass(frozen=True)
class Inspection:
    """What one pass over the bytes of a file tells."""

    content_hash: str
    size_bytes: int
    encoding: str
    has_bom: bool
    lines: int
    """Physical lines with any content, the header among them."""
    ends_with_newline: bool
    undecodable: int
    """Characters that the encoding could not give; they become U+FFFD and their rows go to quarantine."""
    readable: Path
    """A UTF-8 file that DuckDB can read: the delivery itself, or its transcoded copy."""


def _open(path: Path):
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


# UTF-8 is tried first: text that is valid UTF-8 is almost never anything else, while GB18030 accepts nearly any bytes.
def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with _open(path) as source:
            while chunk := source.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcode(path: Path, encoding: str, target: Path) -> int:
    """Write ``path`` as UTF-8 to ``target``; returns how many characters could not be decoded."""
    decoder, replaced = codecs.getincrementaldecoder(encoding)("replace"), 0
    with _open(path) as source, target.open("w", encoding="utf-8", newline="") as sink:
        while True:
            chunk = source.read(CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            replaced += text.count("\ufffd")
            sink.write(text)
            if not chunk:
                return replaced


def inspect(path: Path, scratch: Path) -> Inspection:
    """Hash, count and recognise a file; transcode it into ``scratch`` when it is not UTF-8.

    Raises
    ------
    HotlineError: the file cannot be read or decompressed; names the file and the reason.
    """
    try:
        with path.open("rb") as raw:
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
        lines, line, start = 0, b"\n", b""
        with _open(path) as source:
            for line in source:
                start = start or line[:4]
                lines += not line.isspace()  # DuckDB skips empty lines, so they are no records here either
        encoding, readable, undecodable = _recognise(path, scratch / digest)
    except (OSError, EOFError, zlib.error) as error:
        raise HotlineError(f"{path} cannot be read: {error}", "deliver the file again") from error
    return Inspection(
        content_hash=digest,
        size_bytes=path.stat().st_size,
        encoding=encoding,
        has_bom=start.startswith(codecs.BOM_UTF8),
        lines=lines,
        ends_with_newline=line.endswith(b"\n"),
        undecodable=undecodable,
        readable=readable,
    )


def _recognise(path: Path, scratch: Path) -> tuple[str, Path, int]:
    """Encoding, a readable UTF-8 file and the number of characters lost, for a file of unknown encoding."""
    if _decodes(path, "utf-8"):
        return "utf-8", path, 0
    attempts = []
    for encoding in ("gb18030", "utf-8"):
        target = scratch.with_suffix(f".{encoding}.csv")
        attempts.append((_transcode(path, encoding, target), encoding, target))
        if attempts[0][0] == 0:
            break
    lost, encoding, target = min(attempts, key=lambda attempt: attempt[0])
    return encoding, target, lost


@dataclass(frozen=True)
class Header:
    """The header row read against a contract."""

    delimiter: str
    columns: tuple[Column | None, ...]
    """One entry a file column, in file order; ``None`` for a column the contract does not know."""
    unknown: tuple[str, ...]
    missing: tuple[Column, ...]


def read_header(path: Path, contract: Contract) -> Header:
    """Match the first row of a UTF-8 file with the contract; the delimiter is the one that explains most columns.

    Raises
    ------
    HotlineError: no column of the contract is found, one is given twice, or a required one is missing.
    """
    with _open(path) as source:
        first_line = source.readline(CHUNK).decode("utf-8", errors="replace").lstrip("\ufeff").rstrip("\r\n")

    def read(delimiter: str) -> tuple[list[str], list[Column | None]]:
        texts = next(csv.reader([first_line], delimiter=delimiter), [])
        found = [
            next((column for column in contract.columns if normalise(text) in column.accepted_headers), None)
            for text in texts
        ]
        return texts, found

    delimiter = max(DELIMITERS, key=lambda mark: sum(column is not None for column in read(mark)[1]))
    texts, found = read(delimiter)
    known = [column for column in found if column is not None]
    headers = "、".join(column.header for column in contract.columns)
    if not known:
        raise HotlineError(
            f"{path.name}: row 1 has none of the headers of feed {contract.feed}",
            f"the first row must be: {headers}",
        )
    twice = sorted({column.header for column in known if known.count(column) > 1})
    if twice:
        raise HotlineError(f"{path.name}: column {'、'.join(twice)} is given twice", "keep one column of each name")
    missing = tuple(column for column in contract.columns if column not in known)
    required = [column.header for column in missing if column.required]
    if required:
        raise HotlineError(
            f"{path.name}: required column {'、'.join(required)} is missing",
            f"the first row must be: {headers}",
        )
    unknown = tuple(text for text, column in zip(texts, found, strict=True) if column is None)
    return Header(delimiter, tuple(found), unknown, missing)


def read_check_file(path: Path) -> dict | None:
    """The sender's own count and hash (``<file>.check``: ``{"rows": n, "sha256": "…"}``), or None without one.

    Raises
    ------
    HotlineError: the check file is there but is not such JSON.
    """
    check = path.with_name(path.name + CHECK_SUFFIX)
    if not check.exists():
        return None
    try:
        stated = json.loads(check.read_text(encoding="utf-8"))
        return {"rows": int(stated["rows"]), "sha256": str(stated["sha256"])}
    except (ValueError, KeyError, TypeError) as error:
        raise HotlineError(
            f"{check.name} is not a check file: {error!r}",
            'it holds {"rows": number, "sha256": "hex digits"}',
        ) from error
