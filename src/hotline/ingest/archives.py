"""Packed files, with bounds: how much they unpack to, how many times their size, how many files they hold.

All of it is known before anything is written. Limits come from the environment, see docs/operations/index.md. Only the
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
LARGEST_WITHOUT_ZIP64 = 1 << 30
SMALL = 16 << 20
"""Unpacked bytes below which the ratio does not matter."""
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
    bound = _Bound(path, name, is_excel)
    for piece in _unpacked_gzip(path) if path.name.lower().endswith(".gz") else (path.stat().st_size,):
        bound.add(piece)


class _Bound:
    """What a file may unpack to, counted piece by piece."""

    def __init__(self, path: Path, name: str, is_excel: bool) -> None:
        self.name, self.size, self.ratio = name, 0, limit("HOTLINE_MAX_RATIO", LARGEST_RATIO)
        self.setting, self.most = "HOTLINE_MAX_FILE_BYTES", limit("HOTLINE_MAX_FILE_BYTES", LARGEST_FILE)
        if is_excel:
            self.setting = "HOTLINE_MAX_WORKBOOK_BYTES"
            self.most = min(self.most, limit(self.setting, LARGEST_WORKBOOK))
        self.most_by_ratio = max(SMALL, path.stat().st_size * self.ratio)

    def add(self, piece: int) -> None:
        """Count ``piece`` bytes more; raises FileRejected when they are too many."""
        self.size += piece
        if self.size > self.most:
            raise rejected("too_large", self.name, limit=self.most, setting=self.setting)
        if self.size > self.most_by_ratio:
            raise rejected("ratio", self.name, limit=self.ratio)


def _unpacked_gzip(path: Path) -> Iterator[int]:
    with open_gzip(path) as source:
        while chunk := source.read(CHUNK):
            yield len(chunk)


def stored_workbook(path: Path, name: str, target: Path) -> Path:
    """A workbook with the same members unpacked, once for all who read it.

    What counts are the bytes that really come out: what an archive says of itself is its packer's word. Nor is there a name
    left that two readers of archives could understand differently.

    Raises
    ------
    FileRejected: it unpacks to more than it may, is protected, damaged, or holds a name twice.
    """
    members, bound = _check_members(path, name), _Bound(path, name, is_excel=True)
    names = [plain_name(member.filename) for member in members]
    if len(set(names)) < len(names):
        raise rejected("unreadable", name, why="it holds a part twice")
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as store:
            for member in members:
                is_large = member.file_size > LARGEST_WITHOUT_ZIP64
                member.file_size = sys.maxsize  # else zipfile stops at the stated size
                plain = zipfile.ZipInfo(member.filename)
                with archive.open(member) as source, store.open(plain, "w", force_zip64=is_large) as sink:
                    while chunk := source.read(CHUNK):
                        bound.add(len(chunk))
                        sink.write(chunk)
    except DAMAGE as error:
        raise rejected("unreadable", name, why=error) from error
    return target


def plain_name(member: str) -> str:
    """The name of a member as the reader of workbooks looks for it."""
    return member.replace("\\", "/").lower()


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
