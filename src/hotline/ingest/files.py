"""A delivered file's bytes: its format, its encoding, how many lines it holds, what its check file says of it.

Only the standard library is used: the Airflow environment imports it too.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hotline.ingest import archives
from hotline.ingest.landing import CHECK_SUFFIXES, readable_name
from hotline.ingest.opening import NotAFile, open_file
from hotline.ingest.rules import Note, note, rejected
from hotline.text import WHITE_SPACE, WIDTHLESS

FORMATS = {
    "text": (".csv", ".tsv", ".txt"),
    "ndjson": (".ndjson", ".jsonl", ".json"),
    "excel": (".xlsx", ".xlsm", ".xls", ".xlsb"),
}
"""Suffixes of each format, in any case; text formats may also be compressed (``.gz``), any of them packed (``.zip``)."""
OTHER_FORMATS = {
    ".et": "WPS", ".ett": "WPS", ".wps": "WPS", ".ods": "OpenDocument", ".pdf": "PDF", ".doc": "Word", ".docx": "Word",
    ".rar": "RAR", ".7z": "7-Zip", ".tar": "tar", ".bz2": "bzip2", ".xz": "xz", ".zst": "Zstandard", ".mdb": "Access",
    ".accdb": "Access", ".dbf": "dBase", ".xml": "XML", ".html": "HTML", ".htm": "HTML", ".sql": "SQL",
    ".parquet": "Parquet", ".numbers": "Numbers", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG",
}  # fmt: skip
MAGIC = (
    (b"PK\x03\x04", "zip", "ZIP 或新版 Excel"), (b"PK\x05\x06", "zip", "空的 ZIP"), (b"\x1f\x8b", "gzip", "gzip 压缩文件"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file", "旧版 Excel 或 Word 文件"), (b"%PDF", "PDF", "PDF"),
    (b"Rar!\x1a\x07", "RAR", "RAR 压缩文件"), (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7-Zip 压缩文件"), (b"PAR1", "Parquet", "Parquet"),
    (b"\x89PNG", "an image", "图片"), (b"\xff\xd8\xff", "an image", "图片"), (b"BZh", "bzip2", "bzip2 压缩文件"),
    (b"\xfd7zXZ", "xz", "xz 压缩文件"), (b"SQLite format 3", "a database", "数据库文件"),
    (b"MIME-Version:", "a web archive", "单个文件网页"),
)  # fmt: skip
"""How formats begin that no text begins with: what a file is in truth, in English and Chinese."""
CHUNK = 1 << 20
BLANKS = b' \t,;|"\r\n'
"""A line of these alone is no record, nor one that holds other blanks beside them."""
_BLANK = re.compile(b"(?:" + b"|".join(re.escape(sign.encode()) for sign in f'{WHITE_SPACE}{WIDTHLESS},;|"') + b")*")
_BLANK_BEGINS = {sign.encode()[0] for sign in WHITE_SPACE + WIDTHLESS} - set(BLANKS)


def literal(text: str) -> str:
    """``text`` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def format_of(path: Path) -> str | None:
    """``text``, ``ndjson``, ``excel`` or ``zip`` by the file's name in any case, None for anything else."""
    name = path.name.lower()
    if name.endswith(".zip"):
        return "zip"
    for kind, suffixes in FORMATS.items():
        if name.endswith(suffixes) or (kind != "excel" and name.endswith(tuple(f"{s}.gz" for s in suffixes))):
            return kind
    return None


@dataclass(frozen=True)
class Inspection:
    """What one pass over the bytes of a file tells."""

    content_hash: str
    size_bytes: int
    kind: str
    """``text``, ``ndjson``, ``json`` (one array), ``html`` or ``excel``: by its content where the name is wrong."""
    encoding: str
    has_bom: bool
    lines: int
    """Physical lines with any value, the header among them."""
    ends_with_newline: bool
    undecodable: int
    """Characters that the encoding could not give; they become U+FFFD and their rows go to quarantine."""
    readable: Path
    """A UTF-8 file that DuckDB can read under a name it can bear: a link to the delivery, or a copy."""
    notes: tuple[Note, ...] = ()
    empty_lines: int = 0
    """Lines without anything, which the reader leaves out of its own count."""


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked."""
    with archives.open_gzip(path) if path.name.lower().endswith(".gz") else path.open("rb") as handle:
        yield handle


def content_hash(path: Path) -> str:
    """SHA-256 of the bytes as delivered, in hexadecimal; raises FileRejected when they cannot be read."""
    try:
        with path.open("rb") as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()
    except OSError as error:
        if is_infrastructure(error):
            raise
        raise rejected("unreadable", readable_name(path.name), why=error.strerror or error) from error


def is_infrastructure(error: BaseException) -> bool:
    """Whether an error is about this machine (a full disk, no file handles) and about no delivered file."""
    mine = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
    if isinstance(error, OSError) and error.errno in mine:
        return True
    text = str(error).lower()
    return any(
        words in text for words in ("no space left", "disk quota", "too many open files", "read-only file system")
    )


def inspect(path: Path, name: str, digest: str, scratch: Path) -> Inspection:
    """Count and recognise a file; write it anew into ``scratch`` when DuckDB could not read it as it is.

    Parameters
    ----------
    name: what messages call the file.
    digest: the file's ``content_hash``.

    Raises
    ------
    FileRejected: the file cannot be read or unpacked, is too large, or is not what its name says.
    """
    try:
        return _inspect(path, name, digest, scratch)
    except (OSError, EOFError, zlib.error) as error:
        if is_infrastructure(error):
            raise
        raise rejected("unreadable", name, why=error) from error


def _inspect(path: Path, name: str, digest: str, scratch: Path) -> Inspection:
    size, kind, member = path.stat().st_size, format_of(path), path
    if kind == "zip":
        member = archives.unpack_single(path, name, scratch, lambda inner: _require_read(inner, name, but="zip"))
        kind = format_of(member)
    _require_read(member, name)
    with member.open("rb") as handle:
        start = handle.read(CHUNK)
    if not start:
        return Inspection(digest, size, kind, "", False, 0, True, 0, member)
    archives.check_size(member, name, is_excel=kind == "excel")
    packed = member.name.lower().endswith(".gz")
    notes: tuple[Note, ...] = ()
    if kind == "excel":
        found = _excel_content(start, name)
        if found == "excel":
            if zipfile.is_zipfile(member):
                member = archives.stored_workbook(member, name, scratch / "workbook.stored")
            return Inspection(digest, size, "excel", "excel", False, 1, True, 0, member)
        suffix = member.suffix.lower()
        what_zh = {"html": "HTML 表格", "text": "文本"}[found]
        kind, notes = found, (note("format_by_content", suffix=suffix, what=found, what_zh=what_zh),)
    if packed:
        if not start.startswith(b"\x1f\x8b"):
            raise rejected("unreadable", name, why="it is not gzip")
        with open_bytes(member) as handle:
            start = handle.read(CHUNK)
    _check_magic(start, name)
    if kind == "text" and not notes and _is_html(start):
        raise rejected("other_format", name, what="HTML", what_zh=" HTML 网页")
    text = _as_utf8(member, name, start, scratch / digest)
    if kind == "ndjson" and text.first == b"[":
        kind = "json"
    return Inspection(
        content_hash=digest, size_bytes=size, kind=kind, encoding=text.encoding, has_bom=text.has_bom, lines=text.lines,
        ends_with_newline=text.ends_with_newline, undecodable=text.undecodable, readable=text.path,
        notes=notes + text.notes, empty_lines=text.empty,
    )  # fmt: skip


def _require_read(path: Path, name: str, but: str | None = None) -> None:
    """Raise FileRejected for a file whose name promises no format that is read."""
    if format_of(path) in (None, but):
        what = OTHER_FORMATS.get(path.suffix.lower(), readable_name(path.suffix))
        raise rejected("format", name, what=what or "no suffix", what_zh=what or "无扩展名")


def _excel_content(start: bytes, name: str) -> str:
    """What a file that is named like a workbook is in truth: ``excel``, ``html`` or ``text``."""
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x09\x08")):
        return "excel"
    _check_magic(start, name)
    if _is_html(start):
        return "html"
    if _markup(start):
        raise rejected("other_format", name, what="XML", what_zh="XML")
    if b"\0" in start[:4096] and not _utf16(start, name):
        raise rejected("not_a_workbook", name, why="unknown content")
    return "text"


def _markup(start: bytes) -> bytes:
    """The begin of a text of tags, in small letters; empty for any other content."""
    plain = start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"").lower()
    return plain if plain.startswith(b"<") else b""


def _is_html(start: bytes) -> bool:
    plain = _markup(start)
    if b"<workbook" in plain[:4096] and b"<html" not in plain:
        return False  # a spreadsheet in the XML of Excel 2003 has a <Table> too
    return b"<table" in plain or b"<html" in plain[:4096]


def _check_magic(start: bytes, name: str) -> None:
    for magic, what, what_zh in MAGIC:
        if start.startswith(magic):
            raise rejected("other_format", name, what=what, what_zh=what_zh)


# text ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Text:
    path: Path
    encoding: str
    has_bom: bool
    lines: int
    empty: int
    ends_with_newline: bool
    undecodable: int
    first: bytes
    notes: tuple[Note, ...] = ()


def _as_utf8(path: Path, name: str, start: bytes, scratch: Path) -> _Text:
    """A file in UTF-8 with plain line feeds and what was lost on the way to it.

    UTF-8 is tried first: text that is valid UTF-8 is almost never anything else, while GB18030 accepts nearly any bytes.
    DuckDB takes one kind of line end a file, and reads no row at all when it is told the wrong one.
    """
    notes: tuple[Note, ...] = ()
    is_utf8, has_cr = _decodes(path, name)
    wide = _utf16(start, name)
    if wide:
        encoding, has_bom = wide
        target = scratch.with_suffix(".csv")
        lost = _transcode(path, encoding, target)
        if not has_bom:
            notes = (note("utf16_assumed", encoding=encoding),)
        return _counted(target, encoding.replace("-le", "le").replace("-be", "be"), has_bom, lost, notes)
    if is_utf8:
        has_bom = start.startswith(codecs.BOM_UTF8)
        if not has_cr:
            return _counted(path, "utf-8", has_bom, 0, ())
        target = scratch.with_suffix(".csv")
        return _counted(target, "utf-8", has_bom, _transcode(path, "utf-8", target), ())
    first = _encoding_of_lines(path, name) if _has_utf8_runs(path) else ""
    attempts = []
    for encoding in (first,) if first else ("gb18030", "utf-8"):
        target = scratch.with_suffix(f".{encoding}.csv")
        attempts.append((_transcode(path, encoding, target), encoding, target))
        if attempts[0][0] == 0:
            break
    lost, encoding, target = min(attempts, key=lambda attempt: attempt[0])
    return _counted(target, encoding, start.startswith(codecs.BOM_UTF8), lost, notes)


def _utf16(start: bytes, name: str) -> tuple[str, bool] | None:
    """``(encoding, has a byte order mark)`` of UTF-16, None for any other text."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise rejected("encoding", name, what="UTF-32", what_zh=" UTF-32")
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", True
    if start.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", True
    head = start[:4096]
    if head.count(0) * 20 < len(head):  # separators and digits make every twentieth byte of a table zero
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) * 10 > max(even, odd):
        return None
    return ("utf-16-le" if odd > even else "utf-16-be"), False


UTF8_KINDS = bytes(0x4C if 0xE4 <= byte <= 0xE9 else 0x43 if 0x80 <= byte <= 0xBF else 0x2E for byte in range(256))
"""Every byte as what it may be in a Chinese character of UTF-8: L the first, C one of the two after it."""
UTF8_RUN = b"LCC" * 6
"""Six Chinese characters of UTF-8 in a row: text in GB18030 does not come out so by chance."""


def _has_utf8_runs(path: Path) -> bool:
    tail = b""
    with open_bytes(path) as source:
        while chunk := source.read(CHUNK):
            kinds = tail + chunk.translate(UTF8_KINDS)
            if UTF8_RUN in kinds:
                return True
            tail = kinds[1 - len(UTF8_RUN) :]
    return False


def _encoding_of_lines(path: Path, name: str) -> str:
    """The encoding of the first line that tells one, for a file that is not wholly UTF-8 and not wholly GB18030.

    Raises
    ------
    FileRejected: the lines are some in the one and some in the other; names the first of the others. Read in one of the
        two, such a file would give text that nobody wrote. A single odd line is damage, and goes to quarantine alone.
    """
    counts, first, odd_line = {"utf-8": 0, "gb18030": 0}, "", 0
    with open_bytes(path) as source:
        for number, line in enumerate(source, start=1):
            if line.isascii():
                continue
            encoding = next((known for known in counts if _is(line, known)), None)
            if encoding is None:
                continue
            counts[encoding] += 1
            first = first or encoding
            odd_line = odd_line or (number if encoding != first else 0)
    odd = sum(counts.values()) - counts.get(first, 0)
    if odd > 1 and odd * 10 >= sum(counts.values()):
        raise rejected("mixed_encoding", name, line=odd_line, encoding=first.upper())
    return first


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


LONGEST_LINE = 64 << 20
"""Bytes without a line end that a text may hold: some steps hold a line in memory."""


def _chunks(path: Path, name: str) -> Iterator[bytes]:
    """The unpacked bytes in pieces, until a line is too long."""
    length = 0
    with open_bytes(path) as source:
        while chunk := source.read(CHUNK):
            length = 0 if b"\n" in chunk or b"\r" in chunk else length + len(chunk)
            if length > LONGEST_LINE:
                raise rejected("long_line", name, limit=LONGEST_LINE)
            yield chunk


def _decodes(path: Path, name: str) -> tuple[bool, bool]:
    """Whether a file is valid UTF-8, and whether it holds carriage returns (only told when it is)."""
    decoder, has_cr = codecs.getincrementaldecoder("utf-8")("strict"), False
    is_utf8 = True
    for chunk in _chunks(path, name):
        has_cr = has_cr or b"\r" in chunk
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return is_utf8, has_cr


def _transcode(path: Path, encoding: str, target: Path) -> int:
    """Write ``path`` as UTF-8 with plain line feeds; returns how many characters could not be decoded."""
    replaced = 0
    with (
        open_bytes(path) as raw,
        io.TextIOWrapper(raw, encoding, errors="replace", newline=None) as source,
        target.open("w", encoding="utf-8", errors="replace", newline="\n") as sink,
    ):
        if raw.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:  # some programs begin every text with it, in any encoding
            raw.seek(0)
        while text := source.read(CHUNK):
            replaced += text.count("\ufffd")
            sink.write(text)
    return replaced


def _counted(path: Path, encoding: str, has_bom: bool, lost: int, notes: tuple[Note, ...]) -> _Text:
    lines, empty, line, first = 0, 0, b"\n", b""
    with open_bytes(path) as source:
        for line in source:
            value = line.strip(BLANKS)
            if value and not (value[0] in _BLANK_BEGINS and _BLANK.fullmatch(value)):
                lines += 1  # a line without any value is no record, here as in the query that reads it
                first = first or line.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
            else:
                empty += line.isspace()
    return _Text(path, encoding, has_bom, lines, empty, line.endswith(b"\n"), lost, first, notes)


# check file ------------------------------------------------------------------------------------------
SHA256_DIGITS = 64


def _beside(path: Path) -> Path:
    """The check file of ``path``, or where it would stand."""
    candidates = [path.with_name(path.name + suffix) for suffix in CHECK_SUFFIXES]
    return next((check for check in candidates if os.path.lexists(check)), candidates[0])


def read_check_file(path: Path) -> dict | None:
    """The sender's own count and hash (``<file>.check``: ``{"rows": n, "sha256": "…"}``), or None without one.

    The simulator adds ``origin``: by it an installation of real records knows what it must not take.

    Raises
    ------
    FileRejected: the check file is there but is not such JSON.
    """
    check = _beside(path)
    try:
        descriptor = open_file(check, folders=0)
    except NotAFile as error:
        raise rejected("check_file", readable_name(check.name), why=error) from error
    except OSError:
        return None  # there is none, or the name is so long that none can stand beside it
    try:
        with os.fdopen(descriptor, "rb") as source:
            stated = json.loads(source.read(CHUNK).decode("utf-8-sig"))
        rows, digest = stated["rows"], str(stated["sha256"]).strip().lower()
        if isinstance(rows, bool) or not str(rows).isdigit() or len(digest) != SHA256_DIGITS:
            raise ValueError(f"rows {rows!r}, sha256 of {len(digest)} digits")
        return {"rows": int(rows), "sha256": digest, "origin": stated.get("origin")}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise rejected("check_file", readable_name(check.name), why=repr(error)) from error
