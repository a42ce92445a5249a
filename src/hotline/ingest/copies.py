"""The same bytes twice in one day's folder are one delivery: one path is judged, every other is told so.

Which one it is is told by the folder alone: files are taken side by side and in any order, and ``hotline check`` must
say what ingest will.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import BinaryIO

from hotline.errors import FileRejected
from hotline.ingest.archives import DAMAGE, plain_name
from hotline.ingest.files import format_of, read_check_file
from hotline.ingest.landing import ANSWER_SUFFIX, CHECK_SUFFIXES, Delivery, feed_of, is_unfinished, readable_name
from hotline.ingest.opening import is_plain_file, open_file

START = 4096


class Copies:
    """Looks for copies beside files; remembers what it has seen of a folder until that changes."""

    def __init__(self) -> None:
        self._folder: tuple[Path, int] | None = None
        self._files: dict[int, list[Path]] = {}
        self._seen: dict[Path, tuple[str, bool]] = {}

    def original(self, delivery: Delivery, digest: str) -> str | None:
        """Name of the file whose copy a delivery is; None for the one that is judged, and where it lies in no day's folder.

        That is one whose name promises what the bytes are, with whose check file they agree or that has none; of several
        the first by name. A clerk who is told to give a file its right suffix may leave the wrong one beside it.
        """
        folder = delivery.path.parent
        if folder.name != str(delivery.day):
            return None
        best, chosen = (-1, False), None
        for path in self._of_size(folder, delivery.path.lstat().st_size):
            if feed_of(path, [delivery.feed]) != delivery.feed or self._told(path)[0] != digest:
                continue
            worth = (_fitness(path), self._told(path)[1])
            if worth > best:
                best, chosen = worth, path
        return None if chosen is None or chosen.name == delivery.path.name else readable_name(chosen.name)

    def _of_size(self, folder: Path, size: int) -> list[Path]:
        state = folder, folder.stat().st_mtime_ns
        if state != self._folder:
            self._folder, self._files, self._seen = state, {}, {}
            for entry in sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name)):
                path = Path(entry.path)
                is_other = is_unfinished(entry.name) or entry.name.endswith((*CHECK_SUFFIXES, ANSWER_SUFFIX))
                if not is_other and is_plain_file(path):
                    self._files.setdefault(path.lstat().st_size, []).append(path)
        return self._files.get(size, [])

    def _told(self, path: Path) -> tuple[str, bool]:
        """Digest of a file, empty where it cannot be read, and whether its check file agrees or is not there."""
        if path not in self._seen:
            try:
                with os.fdopen(open_file(path), "rb") as source:
                    digest = hashlib.file_digest(source, "sha256").hexdigest()
                stated = read_check_file(path)
                self._seen[path] = digest, stated is None or stated["sha256"] == digest
            except FileRejected:
                self._seen[path] = digest, False
            except OSError:
                self._seen[path] = "", False
        return self._seen[path]


def _fitness(path: Path) -> int:
    """How well the name of a file fits its content: 2 where it promises that, 1 where it is read all the same, else 0."""
    kind, is_packed = format_of(path), path.name.lower().endswith(".gz")
    with os.fdopen(open_file(path), "rb") as source:
        start = source.read(START)
        if start.startswith(b"\x1f\x8b"):
            return 2 * is_packed
        if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            is_book = not start.startswith(b"PK") or _is_workbook(source)
            return 2 * (kind == ("excel" if is_book else "zip"))
    if is_packed or kind in {None, "zip"}:
        return 0
    begin = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    promised = "excel" if begin == b"<" else "ndjson" if begin and begin in b"{[" else "text"
    return 2 if kind == promised else 1


def _is_workbook(source: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(source) as archive:
            return any(plain_name(member).startswith("xl/") for member in archive.namelist())
    except DAMAGE:
        return False
