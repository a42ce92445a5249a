"""Secrets of one installation: made once, kept in ``var/secrets`` (mode 700, files 600), never printed."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets as random
import stat
from collections.abc import Callable
from pathlib import Path

PASSWORDS = "passwords.txt"


def password() -> str:
    """About 119 bits in 20 characters that survive copying: no look-alikes, nothing a shell would eat."""
    return "".join(random.choice("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(20))


def token() -> str:
    """384 bits, for signing keys."""
    return random.token_urlsafe(48)


def fernet_key() -> str:
    """A key as the Fernet recipe wants it: 32 bytes, URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def secret(folder: Path, name: str, make: Callable[[], str] = token) -> str:
    """The secret ``name``: read from its file, or made and written when there is none yet."""
    path = private_folder(folder) / name
    if not path.exists():
        temporary = folder / f".{name}.{os.getpid()}"
        write_private(temporary, make() + "\n")
        with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
            os.link(temporary, path)
        temporary.unlink()
    return path.read_text(encoding="utf-8").strip()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; swapped in whole, untouched when nothing changed."""
    if path.is_file() and path.read_text(encoding="utf-8") == text and stat.S_IMODE(path.stat().st_mode) == 0o600:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def private_folder(folder: Path) -> Path:
    """Make ``folder`` readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
