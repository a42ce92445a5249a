"""Where the cells of a workbook in a binary format are merged: its reader gives the values alone.

Used in the bounded process of ``workbook_reader`` only. Rows and columns are counted from 0.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from hotline.ingest.archives import plain_name

Area = tuple[int, int, int, int]
"""First and last row, first and last column."""
STREAMS = ("Workbook", "Book")
MERGED_BEGINS = re.compile(rb"\xe5\x00(?=(....))", re.DOTALL)
SHEET, BEGIN, END_OF_SHEET, MERGED = 0x85, 0x809, 0x0A, 0xE5
"""Records BoundSheet8, BOF, EOF and MergeCells of an ``.xls`` ([MS-XLS] 2.4.28, 2.4.21, 2.4.103, 2.4.168)."""
OLD_RECORD, OLD_OFFSET, OLD_AREA = struct.Struct("<HH"), struct.Struct("<I"), struct.Struct("<4H")
BINARY_SHEET, BINARY_MERGED = 156, 176
"""Records BrtBundleSh and BrtMergeCell of an ``.xlsb`` ([MS-XLSB] 2.4.304, 2.4.686)."""
BINARY_AREA = struct.Struct("<4I")
NO_TEXT = 0xFFFFFFFF
MOST_MERGED = 1_000_000


def merged_cells(book: Path) -> list[list[Area]]:
    """The merged cells of each sheet of an ``.xls`` or ``.xlsb``, in the workbook's order of sheets."""
    found = _of_xls(book) if book.suffix == ".xls" else _of_xlsb(book)
    if sum(map(len, found)) > MOST_MERGED:
        raise ValueError("it holds more merged cells than anybody draws")
    return found


def _of_xls(book: Path) -> list[list[Area]]:
    import olefile  # by the bounded process alone: what it makes of a file it was given has no bounds of its own

    with olefile.OleFileIO(book) as file:
        stream = file.openstream(next(name for name in STREAMS if file.exists(name))).read()
    if not any(
        2 + OLD_AREA.size * count == length for length, count in map(OLD_RECORD.unpack, MERGED_BEGINS.findall(stream))
    ):
        return [[] for kind, *_ in _old_records(stream, 0) if kind == SHEET]  # a look at each record takes long
    sheets = [OLD_OFFSET.unpack_from(stream, at)[0] for kind, at, _ in _old_records(stream, 0) if kind == SHEET]
    return [
        [
            OLD_AREA.unpack_from(stream, place)
            for kind, at, length in _old_records(stream, begin)
            if kind == MERGED
            for place in range(at + 2, at + length - OLD_AREA.size + 1, OLD_AREA.size)
        ]
        for begin in sheets
    ]


def _old_records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of the content of each record until the end of what begins at ``at``."""
    inner = -1
    while at + OLD_RECORD.size <= len(stream):
        kind, length = OLD_RECORD.unpack_from(stream, at)
        at += OLD_RECORD.size
        yield kind, at, length
        at += length
        inner += (kind == BEGIN) - (kind == END_OF_SHEET)  # a chart in a sheet has an end of its own
        if kind == END_OF_SHEET and inner < 0:
            return


def _of_xlsb(book: Path) -> list[list[Area]]:
    with zipfile.ZipFile(book) as archive:
        members = {plain_name(member): member for member in archive.namelist()}
        relations = ElementTree.fromstring(archive.read(members["xl/_rels/workbook.bin.rels"]))  # noqa: S314 -- in bounds
        targets = {node.get("Id"): node.get("Target", "") for node in relations}
        stream, found = archive.read(members["xl/workbook.bin"]), []
        for kind, at, _ in binary_records(stream):
            if kind != BINARY_SHEET:
                continue
            (length,) = OLD_OFFSET.unpack_from(stream, at + 8)
            if length in (0, NO_TEXT):
                continue  # a sheet of macros
            target = targets[stream[at + 12 : at + 12 + 2 * length].decode("utf-16-le")]
            place = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            sheet = archive.read(members[plain_name(place)])
            found.append([
                BINARY_AREA.unpack_from(sheet, place) for kind, place, _ in binary_records(sheet) if kind == BINARY_MERGED
            ])  # fmt: skip
    return found


def binary_records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of the content of each record of a part of an ``.xlsb``: seven bits a byte before each."""
    at = 0
    while at < len(stream):
        kind, length = stream[at], 0
        at += 1
        if kind & 0x80 and at < len(stream):
            kind, at = (kind & 0x7F) | (stream[at] & 0x7F) << 7, at + 1
        for shift in range(0, 28, 7):
            byte = stream[at] if at < len(stream) else 0
            length, at = length | (byte & 0x7F) << shift, at + 1
            if not byte & 0x80:
                break
        yield kind, at, length
        at += length
