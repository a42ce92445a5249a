"""A step killed late, two at once, a spoilt raw file: after one clean run every mart is that of an undisturbed run.

The moments are seeded, in the second half of what the step took undisturbed; each is printed with what was running then.
``--long`` kills each step twenty times.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from installation import HOTLINE, Installation
from marts import differing

SEED = 12
STEPS = ("build", "quality", "publish")
KILLS = {"build": 2, "quality": 1, "publish": 1}
LONG_KILLS = 20
LATE = (0.5, 0.98)
SIMULATED = ("simulate", "--months", "2024-08,2024-09", "--scale", "0.01", "--json")
LAST_OF_AUGUST = "2024-09-30"
"""The files on August come in September, those on September in October."""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def chain(project, tmp_path_factory) -> tuple[Path, Path, dict[str, float]]:
    """``HOTLINE_VAR`` with August published and September ingested; the undisturbed one; seconds that each step took."""
    folder = tmp_path_factory.mktemp("kill")
    before, undisturbed = folder / "before", folder / "undisturbed"
    before.mkdir()
    with project.at(before) as link:
        installed = Installation.at(link)
        for step in (
            SIMULATED,
            ("ingest", "--to", LAST_OF_AUGUST),
            ("build",),
            ("quality",),
            ("publish",),
            ("ingest",),
        ):
            installed.done(*step)
    shutil.copytree(before, undisturbed, symlinks=True)
    seconds = {}
    with project.at(undisturbed) as link:
        for step in STEPS:
            began = time.monotonic()
            Installation.at(link).done(step)
            seconds[step] = time.monotonic() - began
    return before, undisturbed, seconds


@contextmanager
def copy_of(project, chain, folder: Path) -> Iterator[Installation]:
    var = folder / "var"
    shutil.copytree(chain[0], var, symlinks=True)
    with project.at(var) as link:
        yield Installation.at(link)


def is_as_undisturbed(installed: Installation, chain) -> None:
    """One clean run, and all that is served equals what an undisturbed one serves."""
    for step in STEPS:
        installed.done(step)
    undisturbed = chain[1] / "serving" / "current" / "hotline.duckdb"
    assert differing(undisturbed, installed.settings.published_database) == {}
    left = [path.name for path in (installed.settings.serving / "releases").iterdir() if path.name.startswith(".")]
    assert left == []


def kill(installed: Installation, step: str, after: float) -> str:
    """Start ``step`` and kill it, not its children; returns what it had said last, or that it was done before."""
    said = installed.settings.var / "said"
    with said.open("w") as log:
        child = subprocess.Popen([HOTLINE, step], env=installed.environment(), stdout=log, stderr=log)
        try:
            child.wait(after)
            return f"done, exit code {child.returncode}"
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
    return (said.read_text(encoding="utf-8").strip().splitlines() or ["nothing yet"])[-1]


@pytest.mark.parametrize("step", STEPS)
def test_after_kills_one_clean_run_gives_the_same_marts(project, chain, tmp_path, request, step):
    chance = random.Random(f"{SEED} {step}")  # noqa: S311
    running = []
    with copy_of(project, chain, tmp_path) as installed:
        served = duckdb_rows(installed)
        for earlier in STEPS[: STEPS.index(step)]:
            installed.done(earlier)
        for number in range(LONG_KILLS if request.config.getoption("--long") else KILLS[step]):
            after = chance.uniform(*LATE) * chain[2][step]
            running.append(kill(installed, step, after))
            print(f"{step} {number}: killed after {after:.1f} s of {chain[2][step]:.1f}: {running[-1]}")
            if step != "publish":
                assert installed("publish").returncode in (3, 4) or running[-1].startswith("done")
            assert duckdb_rows(installed) == served or step == "publish" or running[-1].startswith("done")
        is_as_undisturbed(installed, chain)


def duckdb_rows(installed: Installation) -> int:
    with duckdb.connect(str(installed.settings.published_database), read_only=True) as connection:
        return connection.execute("select count(*) from marts.fct_ticket").fetchone()[0]


def test_two_builds_at_once_leave_the_build_of_one(project, chain, tmp_path):
    with copy_of(project, chain, tmp_path) as installed:
        both = [
            subprocess.Popen(
                [HOTLINE, "build"],
                env=installed.environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        said = [child.communicate()[1] for child in both]
        assert sorted(child.returncode for child in both) == [0, 4]
        assert sum("another process is at work" in text for text in said) == 1
        is_as_undisturbed(installed, chain)


def test_a_spoilt_raw_file_is_named_and_read_anew_from_what_was_delivered(project, chain, tmp_path):
    with copy_of(project, chain, tmp_path) as installed:
        stored = max(
            installed.settings.raw.glob("tickets/dt=2024-10*/*/*.parquet"), key=lambda path: path.stat().st_size
        )
        content = stored.read_bytes()
        stored.write_bytes(content[: len(content) // 2])
        run = installed("build")
        assert run.returncode == 4 and stored.name in run.stderr and "hotline ingest --again" in run.stderr, run.stderr
        assert installed("publish").returncode == 3
        assert json.loads(installed.done("ingest", "--again", "--json"))["rejected"] == []
        is_as_undisturbed(installed, chain)
