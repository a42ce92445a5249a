"""One read-only connection to the built warehouse, the published figures to hold it against, and the parsed project."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dbt_project
import duckdb
import pytest
from click.testing import CliRunner
from dbt_project import WITHOUT_TESTS, DbtProject
from in_process import InProcess
from ledger_entries import write_entry
from limit_rows import deliver_limits

from hotline.cli import cli
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


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Iterator[DbtProject]:
    """dbt in this process, on one parse for the whole session. For what is not about the process."""
    with dbt_project.opened(tmp_path_factory.mktemp("project")) as opened:
        yield opened


@pytest.fixture(scope="session")
def empty_warehouse(project, tmp_path_factory) -> Path:
    """``HOTLINE_VAR`` of a warehouse with every model and no row of any feed. Read only."""
    var = tmp_path_factory.mktemp("empty")
    (var / "landing").mkdir()
    with project.at(var):
        assert CliRunner().invoke(cli, ["ingest", "--json"]).exit_code == 0
    write_entry(var, rows_in=0, rows_loaded=0, rows_quarantined=0, status="loaded", reasons={})
    project.run(var, "build", "--exclude", "tag:quality", *WITHOUT_TESTS)
    return var


@pytest.fixture(scope="session")
def blank(empty_warehouse) -> Callable[[Path], None]:
    """Puts a warehouse into a ``HOTLINE_VAR`` that no build has finished: the next one is whole, but has its views and
    seeds already and need make ``ONLY_TABLES``."""

    def put(var: Path) -> None:
        database = var / "build" / "hotline.duckdb"
        database.parent.mkdir(parents=True)
        shutil.copyfile(empty_warehouse / "build" / "hotline.duckdb", database)
        with duckdb.connect(str(database)) as connection:
            connection.execute("delete from staging.builds")

    return put


@pytest.fixture(scope="session")
def small_chain(project, tmp_path_factory) -> Path:
    """``HOTLINE_VAR`` after ``ingest && build && quality && publish`` of rows at their limits. Read only: copy it."""
    var = tmp_path_factory.mktemp("small") / "var"
    with project.at(var):
        installed = InProcess.of(project)
        deliver_limits(installed.settings)
        for step in STEPS:
            installed.done(step, "--json")
    return var


STEPS = ("ingest", "build", "quality", "publish")


@dataclass(frozen=True)
class Dbt:
    """dbt itself on this project, with a ``HOTLINE_VAR`` of its own; a call need not parse everything again."""

    var: Path
    project: DbtProject

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess:
        settings = Settings.from_environment()
        with self.project.at(self.var) as link:
            return subprocess.run(
                [
                    settings.executable("warehouse", "dbt"), "--no-use-colors", *arguments,
                    "--project-dir", settings.dbt_project, "--profiles-dir", settings.dbt_project,
                    "--target-path", self.target, "--log-path", self.var / "dbt" / "logs",
                ],
                env=dbt_project.environment(link), capture_output=True, text=True, check=False,
            )  # fmt: skip

    @property
    def target(self) -> Path:
        return self.var / "dbt" / "target"

    def artifact(self, name: str) -> dict:
        """A file that dbt wrote, as ``manifest`` or ``sources``."""
        return json.loads((self.target / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def dbt(project, tmp_path_factory) -> Dbt:
    """The parsed project: ``manifest`` is there. Its warehouse file is empty."""
    dbt = Dbt(tmp_path_factory.mktemp("dbt") / "var", project)
    (dbt.var / "build").mkdir(parents=True)
    with project.at(dbt.var):
        shutil.copyfile(project.target / "manifest.json", dbt.target / "manifest.json")
    return dbt
