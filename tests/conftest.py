"""Fixtures that several suites share. Only the standard library and pytest: the suites run in different environments."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[1]
SOURCES = ("src/hotline", "contracts", "dbt", "reference")
CHAIN = (["simulate"], ["deliver"], ["ingest"], ["build"])


def fingerprint() -> str:
    """Hash of all that the warehouse file is made from: the same code need not build it once more for every suite."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in SOURCES for path in (HOME / folder).rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(HOME)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def warehouse() -> Path:
    """A warehouse file of the three sample months, built by the real chain. Read only: copy it before you write.

    ``HOTLINE_TEST_DATABASE`` names a file to use instead. Its ``HOTLINE_VAR`` is two folders up.
    """
    if given := os.environ.get("HOTLINE_TEST_DATABASE"):
        return Path(given)
    folder = HOME / "var" / "test" / "warehouse"
    var = folder / fingerprint()
    done = var / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        for step in CHAIN:
            run = subprocess.run(
                [HOME / ".venv" / "warehouse" / "bin" / "hotline", *step, "--json"],
                env=os.environ | {"HOTLINE_VAR": str(var)},
                capture_output=True,
                text=True,
                check=False,
            )
            if run.returncode:
                pytest.fail(
                    f"hotline {' '.join(step)} ended with {run.returncode}:\n{run.stderr[-4000:]}", pytrace=False
                )
        shutil.rmtree(var / "landing")  # half a gigabyte that no test reads again
        done.touch()
    return var / "build" / "hotline.duckdb"
