"""Deliveries on disk: where they lie, which feed they are, in what encoding, with which columns."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from hotline.errors import HotlineError
from hotline.settings import TIMEZONE

FORMATS = {
    "text": (".csv", ".tsv", ".txt"),
    "ndjson": (".ndjson", ".jsonl"),
    "excel": (".xlsx", ".xls", ".xlsb"),
}
"""Suffixes of each format; text formats may also be compressed (``.gz``)."""
CHECK_SUFFIX = ".check"
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


LARGEST_FILE = 16 << 30
"""Bytes that a delivered file may have once unpacked (``HOTLINE_MAX_FILE_BYTES``): larger is an error or an attack."""


def literal(text: str) -> str:
    """``text`` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def format_of(path: Path) -> str | None:
    """``text``, ``ndjson`` or ``excel`` by the file's name, None for anything else."""
    name = path.name.lower()
    for kind, suffixes in FORMATS.items():
        if name.endswith(suffixes) or (kind != "excel" and name.endswith(tuple(f"{s}.gz" for s in suffixes))):
            return kind
    return None


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
            if path.is_file() and not path.name.startswith(".") and format_of(path):
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


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


# UTF-8 is tried first: text that is valid UTF-8 is almost never anything else, while GB18030 accepts nearly any bytes.
def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with open_bytes(path) as source:
            while chunk := source.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcode(path: Path, encoding: str, target: Path) -> int:
    """Write ``path`` as UTF-8 to ``target``; returns how many characters could not be decoded."""
    decoder, replaced = codecs.getincrementaldecoder(encoding)("replace"), 0
    with open_bytes(path) as source, target.open("w", encoding="utf-8", newline="") as sink:
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
    HotlineError: the file cannot be read or decompressed, or is too large; names the file and the reason.
    """
    limit = int(os.environ.get("HOTLINE_MAX_FILE_BYTES", LARGEST_FILE))
    too_large = HotlineError(
        f"{path.name}: unpacked it is larger than {limit:,} bytes",
        "split the delivery, or raise HOTLINE_MAX_FILE_BYTES",
    )
    try:
        with path.open("rb") as raw:
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
        if format_of(path) == "excel":
            if zipfile.is_zipfile(path) and sum(part.file_size for part in zipfile.ZipFile(path).infolist()) > limit:
                raise too_large
            return Inspection(digest, path.stat().st_size, "excel", False, 1, True, 0, path)
        lines, size, line, start = 0, 0, b"\n", b""
        with open_bytes(path) as source:
            while line_or_end := source.readline(CHUNK):  # a bounded read: a bomb may hold no line break at all
                line = line_or_end
                start = start or line[:4]
                lines += line.endswith(b"\n") and not line.isspace()  # DuckDB skips empty lines too
                size += len(line)
                if size > limit:
                    raise too_large
        lines += not line.endswith(b"\n")
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
