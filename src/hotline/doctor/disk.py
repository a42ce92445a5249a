"""When a disk will be full, if deliveries go on as they came in the last days.

What a delivery day has brought is measured where it lies: the folders of that day in landing, raw, quarantine and ledger.
A day is the one that the files were delivered for: a backfill of old days is no pace. The build and the releases hold what
raw holds, so they are taken to grow as it does. What `hotline housekeep` will free is not counted: a disk rather lasts longer.
Whole numbers of bytes and days, rounded down.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from hotline.housekeep import retention
from hotline.ingest.opening import is_plain_folder
from hotline.settings import Settings

DAY_FOLDERS = {"landing": "*/{day}", "raw": "*/dt={day}", "quarantine": "*/dt={day}", "ledger": "dt={day}"}
"""Where the files of a delivery day lie in each folder of ``var/``."""
GROWING_AS_RAW = ("build", "serving")


@dataclass
class Disk:
    """One file system and the folders of ``var/`` on it."""

    folders: list[str] = field(default_factory=list)
    free_bytes: int = 0
    grown_bytes: int = 0
    """What the days that are looked at have brought."""
    days: int = 0
    """So many days are looked at: from the first known one of the window to yesterday."""
    known_days: int = 0
    """Days of these for which anything was delivered."""
    days_left: int | None = None
    """Days until it is full; None when too few are known, or nothing grows."""

    def told(self, limits: retention.Forecast) -> str:
        """The forecast in one line."""
        name = f"disk of {', '.join(self.folders)}"
        if self.known_days < limits.known_days:
            return (
                f"{name}: not known when it is full, deliveries of {self.known_days} of the last {limits.window_days} days "
                f"are there and {limits.known_days} are needed; {self.free_bytes} bytes free"
            )
        pace = f"{self.free_bytes} bytes free, {self.grown_bytes} came in {self.days} days"
        return f"{name}: {'full in ' + str(self.days_left) + ' days' if self.days_left is not None else 'does not fill'} ({pace})"


def disks(settings: Settings, limits: retention.Forecast, today: date) -> list[Disk]:
    """The forecast of each file system that deliveries fill."""
    window = [today - timedelta(days=ago) for ago in range(limits.window_days, 0, -1)]
    brought = {
        name: [_of_day(settings.var / name, pattern, day) for day in window] for name, pattern in DAY_FOLDERS.items()
    }
    known = [any(sizes[index] for sizes in brought.values()) for index in range(len(window))]
    first = known.index(True) if any(known) else len(window)
    raw = _size(settings.raw)
    grown = {name: sum(sizes) for name, sizes in brought.items()}
    grown |= {name: _size(settings.var / name) * grown["raw"] // raw if raw else 0 for name in GROWING_AS_RAW}
    found: dict[int, Disk] = {}
    for name in grown:
        folder = settings.var / name
        if folder.is_dir():
            disk = found.setdefault(folder.stat().st_dev, Disk(days=len(window) - first, known_days=sum(known)))
            disk.folders.append(name)
            disk.free_bytes = shutil.disk_usage(folder).free
            disk.grown_bytes += grown[name]
    for disk in found.values():
        if disk.known_days >= limits.known_days and disk.grown_bytes:
            disk.days_left = disk.free_bytes * disk.days // disk.grown_bytes
    return list(found.values())


def _of_day(folder: Path, pattern: str, day: date) -> int:
    return sum(map(_size, folder.glob(pattern.format(day=day))))


def _size(folder: Path) -> int:
    """Bytes of the regular files below a folder. Links are not followed, and a file that goes meanwhile counts nothing."""
    size = 0
    for place, _, names in os.walk(folder) if is_plain_folder(folder) else ():
        for name in names:
            with suppress(FileNotFoundError):
                about = Path(place, name).lstat()
                size += about.st_size if stat.S_ISREG(about.st_mode) else 0
    return size
