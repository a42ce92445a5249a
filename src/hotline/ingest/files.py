"""Deliveries on disk: where they lie, which feed they are, in what encoding, with which columns."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
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

from hotline.errors import FileRejected
from hotline.ingest.landing import is_plain_file, is_plain_folder, open_file
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
        moment = datetime.fromtimestamp(self.path.lstat().st_mtime, ZoneInfo(TIMEZONE))
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
    """Delivered files in order of sender, day and name; files still being written (hidden, .tmp, .part) are left alone.

    Links are not followed, neither to files nor to folders.
    """
    folders = (path for path in landing.glob("*/*") if is_plain_folder(path) and is_plain_folder(path.parent))
    for folder in sorted(folders):
        sender = folder.parent.name
        try:
            day = date.fromisoformat(folder.name)
        except ValueError:
            continue
        if (senders and sender not in senders) or (first and day < first) or (last and day > last):
            continue
        for path in sorted(folder.iterdir()):
            if is_plain_file(path) and not path.name.startswith(".") and format_of(path):
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
    """Write ``path`` as UTF-8 with plain line feeds; returns how many characters could not be decoded."""
    replaced = 0
    with (
        io.TextIOWrapper(open_bytes(path), encoding, errors="replace", newline=None) as source,
        target.open("w", encoding="utf-8", newline="\n") as sink,
    ):
        while text := source.read(CHUNK):
            replaced += text.count("\ufffd")
            sink.write(text)
    return replaced


def _readable(path: Path, scratch: Path) -> tuple[str, Path, int]:
    """Encoding, a file in UTF-8 with plain line feeds, and the number of characters lost on the way to it.

    UTF-8 is tried first: text that is valid UTF-8 is almost never anything else, while GB18030 accepts nearly any bytes.
    DuckDB takes one kind of line end a file, and reads no row at all when it is told the wrong one.
    """
    if _decodes(path, "utf-8"):
        with open_bytes(path) as source:
            if not any(b"\r" in chunk for chunk in iter(lambda: source.read(CHUNK), b"")):
                return "utf-8", path, 0
        target = scratch.with_suffix(".csv")
        return "utf-8", target, _transcode(path, "utf-8", target)
    attempts = []
    for encoding in ("gb18030", "utf-8"):
        target = scratch.with_suffix(f".{encoding}.csv")
        attempts.append((_transcode(path, encoding, target), encoding, target))
        if attempts[0][0] == 0:
            break
    lost, encoding, target = min(attempts, key=lambda attempt: attempt[0])
    return encoding, target, lost


def _check_size(path: Path) -> None:
    """Raise FileRejected for a file that unpacks to more than the limit, before anything is unpacked for good."""
    limit = int(os.environ.get("HOTLINE_MAX_FILE_BYTES", LARGEST_FILE))
    if path.suffix == ".gz":
        size = 0
        with open_bytes(path) as source:
            while size <= limit and (chunk := source.read(CHUNK)):
                size += len(chunk)
    elif format_of(path) == "excel" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    else:
        size = path.stat().st_size
    if size > limit:
        raise FileRejected(
            f"{path.name}: unpacked it is larger than {limit:,} bytes",
            "split the delivery, or raise HOTLINE_MAX_FILE_BYTES",
            f"文件解压后超过 {limit:,} 字节，请拆分后重新报送。",
        )


def content_hash(path: Path) -> str:
    """SHA-256 of the bytes as delivered, in hexadecimal; raises FileRejected when they cannot be read."""
    try:
        with path.open("rb") as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> FileRejected:
    """The rejection of a file whose bytes cannot be had."""
    return FileRejected(
        f"{path.name} cannot be read: {error}", "deliver the file again", f"文件无法读取（{error}），请重新报送。"
    )


def inspect(path: Path, digest: str, scratch: Path) -> Inspection:
    """Count and recognise a file; write it anew into ``scratch`` when DuckDB could not read it as it is.

    Parameters
    ----------
    digest: the file's ``content_hash``.

    Raises
    ------
    FileRejected: the file cannot be read or unpacked, or is too large; names the file and the reason.
    """
    try:
        _check_size(path)
        if format_of(path) == "excel":
            return Inspection(digest, path.stat().st_size, "excel", False, 1, True, 0, path)
        encoding, readable, undecodable = _readable(path, scratch / digest)
        lines, start, line = 0, b"", b"\n"
        with open_bytes(readable) as source:
            for line in source:
                start = start or line[:3]
                lines += not line.isspace()  # DuckDB skips empty lines, so they are no records here either
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise unreadable(path, error) from error
    return Inspection(
        content_hash=digest,
        size_bytes=path.stat().st_size,
        encoding=encoding,
        has_bom=start == codecs.BOM_UTF8,
        lines=lines,
        ends_with_newline=line.endswith(b"\n"),
        undecodable=undecodable,
        readable=readable,
    )


def read_check_file(path: Path) -> dict | None:
    """The sender's own count and hash (``<file>.check``: ``{"rows": n, "sha256": "…"}``), or None without one.

    Raises
    ------
    FileRejected: the check file is there but is not such JSON.
    """
    check = path.with_name(path.name + CHECK_SUFFIX)
    try:
        descriptor = open_file(check, folders=0)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(check, error) from error
    try:
        with os.fdopen(descriptor, encoding="utf-8") as source:
            stated = json.load(source)
        return {"rows": int(stated["rows"]), "sha256": str(stated["sha256"])}
    except (ValueError, KeyError, TypeError) as error:
        raise FileRejected(
            f"{check.name} is not a check file: {error!r}",
            'it holds {"rows": number, "sha256": "hex digits"}',
            f'{check.name} 不是有效的校验文件，内容应为 {{"rows": 行数, "sha256": "十六进制摘要"}}。',
        ) from error
