"""Two builds from the same files are equal row for row, names included: whatever the threads, and whatever order the files
were taken in."""

from __future__ import annotations

import os
import shutil

import pytest
from click.testing import CliRunner
from dbt_project import ONLY_TABLES
from marts import differing

from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

SENDERS, DAYS = ("210100", "LNJT"), 8
"""What is taken of the simulated month; all of it with ``--long``. A file more costs more than a row more."""
ONLY_TABLES_BUT_QUALITY = (*ONLY_TABLES, "--exclude", "tag:quality")
PORTIONS = 4
"""Ranges of days that the files are taken in, the last first."""


def ingest(first: str, last: str) -> None:
    taken = CliRunner().invoke(cli, ["ingest", "--json", "--from", first, "--to", last])
    assert taken.exit_code == 0, taken.output


def test_other_threads_and_another_order_give_the_same_rows(project, blank, tmp_path, request):
    one, other = tmp_path / "one", tmp_path / "other"
    blank(one)
    blank(other)
    with project.at(one):
        simulate = ["simulate", "--months", "2024-09", "--delivery", "daily", "--scale", "0.05", "--json"]
        assert CliRunner().invoke(cli, simulate).exit_code == 0
        landing = Settings.from_environment().landing
        if not request.config.getoption("--long"):
            for day in landing.glob("*/*"):
                if day.parent.name not in SENDERS or day.name > f"2024-09-{1 + DAYS:02}":
                    shutil.rmtree(day)
        days = sorted({path.name for path in landing.glob("*/*") if path.is_dir()})
        ingest(days[0], days[-1])
    shutil.copytree(
        one / "landing", other / "landing"
    )  # with the times of the files: they tell when each was delivered
    with project.at(other):
        shutil.copytree(one / "secrets", other / "secrets", dirs_exist_ok=True)  # the same callers, the same keys
        step = -(-len(days) // PORTIONS)
        for portion in reversed([days[start : start + step] for start in range(0, len(days), step)]):
            ingest(portion[0], portion[-1])
    processors = os.sched_getaffinity(0)
    project.run(one, "run", *ONLY_TABLES_BUT_QUALITY, "--threads", "4")
    try:
        os.sched_setaffinity(0, {min(processors)})  # what DuckDB takes its own threads from
        project.run(other, "run", *ONLY_TABLES_BUT_QUALITY, "--threads", "1", "--vars", "rows_per_part: 3000")
    finally:
        os.sched_setaffinity(0, processors)
    databases = [var / "build" / "hotline.duckdb" for var in (one, other)]
    assert differing(*databases) == {}
