"""The same bytes twice in one day's folder are one delivery: one path is judged, every other is told so.

Which one it is is told by the folder alone: files are taken side by side and in any order, and ``hotline check`` must
say what ingest will.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from hotline.errors import FileRejected
from hotline.ingest.files import format_of, read_check_file
from hotline.ingest.landing import Delivery, feed_of, is_unfinished, readable_name
from hotline.ingest.opening import is_plain_file, open_file


class Copies:
    """Looks for copies beside files; remembers what it has seen of a folder until that changes."""

    def __init__(self) -> None:
        self._folder: tuple[Path, int] | None = None
        self._files: dict[int, list[Path]] = {}
        self._seen: dict[Path, tuple[str, bool]] = {}

    def original(self, delivery: Delivery, digest: str) -> str | None:
        """Name of the file whose copy a delivery is; None for the one that is judged, and where it lies in no day's folder.

        That is the first with whose check file the bytes agree, or that has none; the first of all when there is no such.
        """
        folder = delivery.path.parent
        if folder.name != str(delivery.day):
            return None
        first = None
        for path in self._of_size(folder, delivery.path.lstat().st_size):
            if feed_of(path, [delivery.feed]) != delivery.feed or self._told(path)[0] != digest:
                continue
            first = first or path
            if self._told(path)[1]:
                first = path
                break
        return None if first is None or first.name == delivery.path.name else readable_name(first.name)

    def _of_size(self, folder: Path, size: int) -> list[Path]:
        state = folder, folder.stat().st_mtime_ns
        if state != self._folder:
            self._folder, self._files, self._seen = state, {}, {}
            for entry in sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name)):
                path = Path(entry.path)
                if format_of(path) and not is_unfinished(entry.name) and is_plain_file(path):
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
