"""One read-only connection to the built warehouse, the published figures to hold it against, and the parsed project."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from hotline.settings import Settings

REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "liaoning_2024_09"


@pytest.fixture(scope="session")
def database(warehouse):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


@pytest.fixture(scope="session")
def query(database):
    """Rows of a statement over schema ``marts`` as dicts."""

    def run(statement: str, parameters: list | None = None) -> list[dict]:
        cursor = database.execute(statement, parameters or [])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return run


@pytest.fixture(scope="session")
def published():
    """Rows of a table of the published bulletin, as text."""

    def read(name: str) -> list[dict[str, str]]:
        with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    return read


@dataclass(frozen=True)
class Dbt:
    """dbt itself on this project, with a ``HOTLINE_VAR`` of its own; a second call need not parse everything again."""

    var: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess:
        settings = Settings.from_environment()
        return subprocess.run(
            [
                settings.executable("warehouse", "dbt"), "--no-use-colors", *arguments,
                "--project-dir", settings.dbt_project, "--profiles-dir", settings.dbt_project,
                "--target-path", self.target, "--log-path", self.var / "dbt" / "logs",
            ],
            env=os.environ | {"HOTLINE_VAR": str(self.var), "DO_NOT_TRACK": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def target(self) -> Path:
        return self.var / "dbt" / "target"

    def artifact(self, name: str) -> dict:
        """A file that dbt wrote, as ``manifest`` or ``sources``."""
        return json.loads((self.target / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def dbt(tmp_path_factory) -> Dbt:
    """The parsed project: ``manifest`` is there. Its warehouse file is empty."""
    dbt = Dbt(tmp_path_factory.mktemp("dbt") / "var")
    (dbt.var / "build").mkdir(parents=True)
    parsed = dbt("parse")
    assert parsed.returncode == 0, parsed.stdout[-2000:]
    return dbt
