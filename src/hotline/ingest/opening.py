"""Opening what others put into the landing folder: regular files only, and never through a link.

Whoever may write there could lay a link to any file of this machine, or a pipe that nobody ever writes to. A look before
the opening would not do, for the link can be laid in between: the way down is opened folder by folder without following
links, and what was opened is what is read. A *hard* link is not told from the file itself; the system allows it only to
whoever may read and write the file (``fs.protected_hardlinks``). Only the standard library is used.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS_BELOW_LANDING = 2
"""``<sender>/<day>``: from the landing folder itself upwards the way is the administrator's."""


class NotAFile(OSError):
    """What lies there is a link, a pipe, a device or a folder, or the way to it leads through a link."""


def open_file(path: Path, folders: int = FOLDERS_BELOW_LANDING) -> int:
    """A descriptor to read the regular file ``path``; its last ``folders`` folders and itself are no links.

    Raises
    ------
    NotAFile: it is something else. OSError: it is not there or may not be read.
    """
    path = path.absolute()
    below = [path.name] if folders == 0 else list(path.parts[-1 - folders :])
    folder = os.open(path.parents[min(folders, len(path.parents) - 1)], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in below[:-1]:
            inner = _open(name, os.O_PATH | os.O_DIRECTORY, folder)
            os.close(folder)
            folder = inner
        descriptor = _open(below[-1], os.O_RDONLY | os.O_NONBLOCK, folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFile(f"{path.name} is not a file")
    return descriptor


def _open(name: str, flags: int, folder: int) -> int:
    # a link or a pipe is never opened, not even to find out what it is
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    wanted = stat.S_ISDIR if flags & os.O_DIRECTORY else stat.S_ISREG
    if not wanted(mode):
        raise NotAFile(f"{name} is a link or no {'folder' if flags & os.O_DIRECTORY else 'file'}")
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:  # laid since
            raise NotAFile(f"{name} is a link") from error
        raise


@contextmanager
def held(path: Path, scratch: Path, folders: int = FOLDERS_BELOW_LANDING) -> Iterator[Path]:
    """A path with the same suffixes in ``scratch`` under which exactly the file that is opened here can be read by name.

    Readers that want a path (DuckDB, a workbook reader) get one that nobody outside can turn elsewhere.
    """
    descriptor = open_file(path, folders)
    try:
        # a name of our own: readers take some signs for a pattern, and cannot bear bytes that are no text
        suffixes = [suffix for suffix in path.suffixes[-2:] if suffix[1:].isascii() and suffix[1:].isalnum()]
        name = scratch / ("delivered" + "".join(suffixes).lower())
        name.symlink_to(f"/proc/{os.getpid()}/fd/{descriptor}")
        yield name
    finally:
        os.close(descriptor)


def is_plain_file(path: Path) -> bool:
    """Whether a regular file lies there, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def is_plain_folder(path: Path) -> bool:
    """Whether a folder lies there, and no link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
