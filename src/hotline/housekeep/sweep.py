"""Removal by age below one folder, and what became of a kind. No link is followed, whatever it points at."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hotline.ingest.opening import is_plain_folder
from hotline.text import printable


@dataclass
class Outcome:
    """What was looked at of one kind, and what went, or would go in a dry run."""

    kind: str
    keep: str
    unit: str = "files"
    seen: int = 0
    gone: int = 0
    bytes: int = 0
    """Sizes of the files that went; rows of a database free none that can be told."""
    failed: list[str] = field(default_factory=list)
    """What could not be removed, and why."""
    note: str = ""
    """Why nothing was looked at."""

    def refused(self, error: OSError) -> None:
        """Name what could not be looked into or removed; what is gone meanwhile is no failure."""
        if not isinstance(error, FileNotFoundError):
            self.failed.append(f"{printable(error.filename)}: {error.strerror}")

    def removed(self, remove: Callable[[], object], path: Path, size: int, dry_run: bool) -> bool:
        """Remove one thing, or count it in a dry run; what fails is named, and the others go on."""
        if not dry_run:
            try:
                remove()
            except FileNotFoundError:
                return True  # somebody else was quicker
            except OSError as error:
                self.failed.append(f"{printable(path)}: {error.strerror or error}")
                return False
        self.gone += 1
        self.bytes += size
        return True


def measured(outcome: Outcome, folder: Path) -> None:
    """Count what lies in ``folder``: it stays."""
    if not is_plain_folder(folder):
        return
    for _, _, names, descriptor in os.fwalk(folder, onerror=outcome.refused):
        outcome.seen += sum(stat.S_ISREG(_about(name, descriptor).st_mode) for name in names)


def older_than(outcome: Outcome, folder: Path, before: float, dry_run: bool) -> None:
    """Remove the regular files below ``folder`` that were last written before a moment (Unix seconds), then the folders
    that this has emptied. Links and whatever else lies there stay, and so does ``folder``.

    A folder that an interrupted run has emptied goes once it has not changed since that moment either.
    """
    if not is_plain_folder(folder):
        outcome.note = f"{folder} is a link: left alone" if folder.is_symlink() else ""
        return
    for place, folders, names, descriptor in os.fwalk(folder, topdown=False, onerror=outcome.refused):
        took = 0
        for name in names:
            about = _about(name, descriptor)
            if not stat.S_ISREG(about.st_mode):
                continue
            outcome.seen += 1
            if about.st_mtime < before:
                path = Path(place, name)
                took += outcome.removed(lambda: os.unlink(name, dir_fd=descriptor), path, about.st_size, dry_run)  # noqa: B023
        if dry_run or Path(place) == folder:
            continue
        if took or folders or os.fstat(descriptor).st_mtime < before:
            _remove_empty(Path(place))


def _about(name: str, descriptor: int) -> os.stat_result:
    try:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return os.stat_result((0,) * 10)  # gone since the folder was listed: no regular file


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # something lies in it
