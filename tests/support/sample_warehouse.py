"""The warehouse of the three sample months that the tests look at: where it is, and how the real chain builds it.

Built once for all suites of a run, and again only when something that it is made from has changed. Only the standard
library: ``tests/run.py`` and the fixtures of every environment use it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
FOLDER = HOME / "var" / "test" / "warehouse"
SOURCES = ("src/hotline", "contracts", "dbt", "expectations", "reference")
CHAIN = ("simulate", "deliver", "ingest", "build", "quality")
DATABASE = Path("build") / "hotline.duckdb"
JUDGED = Path("judged.json")
"""What ``hotline quality`` said of it, its one line of JSON."""
STAMP = "made-from.json"
"""Written last: a folder without it was broken off."""
SHOWN_CHANGES = 5


class NotBuilt(Exception):
    """A step of the chain failed; the message holds the end of what it said."""


@dataclass(frozen=True)
class Found:
    """A warehouse file, and what has changed since it was built (empty: nothing)."""

    database: Path
    changed: tuple[str, ...] = ()


def contents() -> dict[str, str]:
    """Hash of every file that the warehouse is made from, by its path in the project."""
    paths = sorted(path for folder in SOURCES for path in (HOME / folder).rglob("*") if path.is_file())
    return {
        path.relative_to(HOME).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if "__pycache__" not in path.parts
    }


def fingerprint(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]


def existing() -> Found | None:
    """The warehouse that was built last, whatever has changed since; None when there is none."""
    stamps = sorted(FOLDER.glob(f"*/{STAMP}"), key=lambda path: path.stat().st_mtime)
    if not stamps:
        return None
    before, now = json.loads(stamps[-1].read_text(encoding="utf-8")), contents()
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return Found(stamps[-1].parent / DATABASE, tuple(changed))


def current(say: Callable[[str], None] = lambda line: None) -> Found:
    """The warehouse of the present sources; builds it, two to three minutes, when it is not there.

    Raises
    ------
    NotBuilt: a command of the chain failed.
    """
    with _alone():
        files = contents()
        var = FOLDER / fingerprint(files)
        if not (var / STAMP).exists():
            for old in FOLDER.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            for step in CHAIN:
                say(f"hotline {step}")
                said = _run(step, var)
            (var / JUDGED).write_text(said, encoding="utf-8")
            shutil.rmtree(var / "landing")  # half a gigabyte that no test reads again
            (var / STAMP).write_text(json.dumps(files), encoding="utf-8")
        return Found(var / DATABASE)


@contextmanager
def _alone() -> Iterator[None]:
    """Two suites that want the warehouse at the same time build it once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(step: str, var: Path) -> str:
    run = subprocess.run(
        [HOME / ".venv" / "warehouse" / "bin" / "hotline", step, "--json"],
        env=os.environ | {"HOTLINE_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise NotBuilt(f"hotline {step} ended with {run.returncode}:\n{run.stderr[-4000:]}")
    return run.stdout


if __name__ == "__main__":
    try:
        print(current(lambda line: print(line, flush=True)).database)
    except NotBuilt as error:
        raise SystemExit(str(error)) from None
