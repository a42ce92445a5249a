"""Packed files, with bounds: how much they unpack to, how many times their size, how many files they hold.

All of it is known before anything is written. Limits come from the environment, see docs/operations.md. Only the
standard library is used: the Airflow environment imports it too.
"""

from __future__ import annotations

import gzip
import lzma
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from hotline.ingest.rules import rejected

LARGEST_FILE = 16 << 30
"""Bytes that a delivered file may have once unpacked (``HOTLINE_MAX_FILE_BYTES``): larger is an error or an attack."""
LARGEST_WORKBOOK = 2 << 30
"""The same of a workbook (``HOTLINE_MAX_WORKBOOK_BYTES``), which is read into memory as a whole."""
LARGEST_RATIO = 250
"""How many times its size a file may unpack to (``HOTLINE_MAX_RATIO``); tables of text reach about thirty."""
SMALL = 16 << 20
"""Unpacked bytes below which the ratio does not matter."""
DEFLATE_MOST = 1_032
"""Bytes that one packed byte can become."""
LARGEST_ARCHIVE = 2_000
"""Members that an archive may hold."""
CHUNK = 1 << 20
DAMAGE = (zipfile.BadZipFile, ValueError, NotImplementedError, zlib.error, lzma.LZMAError, EOFError, RuntimeError)
"""What reading a damaged archive may raise."""


def limit(setting: str, default: int) -> int:
    """A limit from the environment."""
    return int(os.environ.get(setting, default))


def open_gzip(path: Path) -> BinaryIO:
    """The unpacked bytes of a gzip file."""
    return gzip.open(path, "rb")


def check_size(path: Path, name: str, is_excel: bool) -> None:
    """Raise FileRejected for a file that unpacks to more than it may; nothing is written."""
    setting, default = "HOTLINE_MAX_FILE_BYTES", LARGEST_FILE
    most, packed = limit(setting, default), path.stat().st_size
    ratio = limit("HOTLINE_MAX_RATIO", LARGEST_RATIO)
    if is_excel:
        most, setting = min(most, limit("HOTLINE_MAX_WORKBOOK_BYTES", LARGEST_WORKBOOK)), "HOTLINE_MAX_WORKBOOK_BYTES"
    if is_excel and zipfile.is_zipfile(path):
        sizes = _unpacked_zip(path, name)
    elif path.name.lower().endswith(".gz"):
        sizes = _unpacked_gzip(path)
    else:
        sizes = iter([packed])
    size = 0
    for piece in sizes:
        size += piece
        if size > most:
            raise rejected("too_large", name, limit=most, setting=setting)
        if size > max(SMALL, packed * ratio):
            raise rejected("ratio", name, limit=ratio)


def _unpacked_gzip(path: Path) -> Iterator[int]:
    with open_gzip(path) as source:
        while chunk := source.read(CHUNK):
            yield len(chunk)


def _unpacked_zip(path: Path, name: str) -> Iterator[int]:
    """Bytes that really come out of the members, piece by piece: what the archive says of itself is its packer's word."""
    members = _check_members(path, name)
    if path.stat().st_size * DEFLATE_MOST <= SMALL:
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                member.file_size = sys.maxsize  # else zipfile stops at the stated size
                with archive.open(member) as source:
                    while chunk := source.read(CHUNK):
                        yield len(chunk)
    except DAMAGE as error:
        raise rejected("unreadable", name, why=error) from error


def _check_members(path: Path, name: str) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except DAMAGE as error:
        raise rejected("unreadable", name, why=error) from error
    if len(members) > LARGEST_ARCHIVE:
        raise rejected("members", name, count=len(members))
    if any(member.flag_bits & 1 for member in members):
        raise rejected("encrypted", name)
    return members


def unpack_single(path: Path, name: str, scratch: Path, require_read: Callable[[Path], None]) -> Path:
    """The one data file of a zip archive, unpacked into ``scratch``; folders and system leftovers do not count.

    Raises
    ------
    FileRejected: it holds none or several, is protected, damaged, or too large once unpacked.
    """
    members = [
        member
        for member in _check_members(path, name)
        if not member.is_dir() and not member.filename.startswith("__MACOSX/") and not _is_leftover(member.filename)
    ]
    if len(members) != 1:
        raise rejected("members", name, count=len(members))
    (member,) = members
    inner = Path(member.filename)
    require_read(inner)
    most, ratio = limit("HOTLINE_MAX_FILE_BYTES", LARGEST_FILE), limit("HOTLINE_MAX_RATIO", LARGEST_RATIO)
    if member.file_size > most:
        raise rejected("too_large", name, limit=most, setting="HOTLINE_MAX_FILE_BYTES")
    if member.file_size > max(SMALL, path.stat().st_size * ratio):
        raise rejected("ratio", name, limit=ratio)
    target = scratch / ("member" + "".join(Path(member.filename.lower()).suffixes[-2:])[-16:])
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source, target.open("wb") as sink:
            left = member.file_size
            while chunk := source.read(CHUNK):  # zipfile gives no more than the stated size, and checks the sum
                left -= len(chunk)
                sink.write(chunk)
        if left:
            raise rejected("unreadable", name, why="the archive is cut short")
    except DAMAGE as error:
        raise rejected("unreadable", name, why=error) from error
    return target


def _is_leftover(filename: str) -> bool:
    return Path(filename).name.startswith((".", "Thumbs.db", "desktop.ini"))
