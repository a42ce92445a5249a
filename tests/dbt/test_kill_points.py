"""A step killed late, two at once, a spoilt raw file, a clock an hour back: after one clean run every mart is that of an
undisturbed run.

The moments are seeded, in the second half of what the step took undisturbed; each is printed with what was running then.
``--long`` kills each step twenty times, at a twentieth of the sample's volumes; without it a build and a quality run of a few
rows are killed once each, after a line of what they say.
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
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from in_process import InProcess
from installation import HOME, HOTLINE, Installation
from marts import differing
from ticket_files import deliver, ticket_table

from hotline.ingest import record as ingest_record
from hotline.settings import Settings

SEED = 12
STEPS = ("build", "quality", "publish")
KILLS = 20
LATE = (0.5, 0.98)
LINES = {"build": (400, 900), "quality": (3, 15)}
"""Of what a step says, those after which the sample kills it; a build says some 950 on its first day."""
SIMULATED = ("simulate", "--months", "2024-08,2024-09", "--scale", "0.05", "--json")
LAST_OF_AUGUST = "2024-09-30"
"""The files on August come in September, those on September in October."""

HOUR = timedelta(hours=1)


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


@pytest.fixture(scope="module")
def next_day(project, small_chain, tmp_path_factory) -> tuple[Path, Path]:
    """``HOTLINE_VAR`` with a published warehouse and one more file ingested; the same, published undisturbed."""
    folder = tmp_path_factory.mktemp("next_day")
    before, undisturbed = folder / "before", folder / "undisturbed"
    shutil.copytree(small_chain, before, symlinks=True)
    with project.at(before):
        installed = InProcess.of(project)
        rows = ticket_table({"办结意见": "改过"}, {}, {}, {}, {"业务类型": "吐槽"})
        deliver(installed.settings, rows, sender="210100", day=date(2024, 9, 20))
        installed.done("ingest", "--json")
    shutil.copytree(before, undisturbed, symlinks=True)
    with project.at(undisturbed):
        for step in STEPS:
            InProcess.of(project).done(step, "--json")
    return before, undisturbed


def killed_after_lines(installed: Installation, step: str, lines: int) -> str:
    """Start ``step`` and kill it when it has said so many lines; returns the last."""
    with subprocess.Popen(
        [HOTLINE, step], env=installed.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as child:
        said = [line for line, _ in zip(child.stderr, range(lines), strict=False)]
        child.kill()
    assert child.returncode == -signal.SIGKILL, f"{step} was over after {len(said)} lines"
    return said[-1].strip()


@pytest.mark.slow
def test_a_sample_of_kills(project, next_day, tmp_path):
    chance = random.Random(SEED)  # noqa: S311
    before, undisturbed = next_day
    var = tmp_path / "var"
    shutil.copytree(before, var, symlinks=True)
    with project.at(var) as link:
        installed, process = InProcess.of(project), Installation.at(link)
        for step in STEPS:
            if step in LINES:
                lines = chance.randint(*LINES[step])
                print(f"{step}: killed after {lines} lines: {killed_after_lines(process, step, lines)}")
                assert installed("publish").returncode == 3, "nothing half-done is published"
            installed.done(step, "--json")
        served = {v: Settings(home=HOME, var=v).published_database for v in (var, undisturbed)}
        assert differing(served[undisturbed], served[var]) == {}


@pytest.mark.slow
def test_a_clock_an_hour_back_changes_nothing(project, small_chain, next_day, tmp_path):
    """What is newer is told by numbers of builds and judgements, not by when they were made."""
    var = tmp_path / "var"
    shutil.copytree(small_chain, var, symlinks=True)

    class HourBack(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - HOUR

    with project.at(var), pytest.MonkeyPatch.context() as patch:
        installed = InProcess.of(project)
        patch.setattr(ingest_record, "datetime", HourBack)
        # what was built before was built, by that clock, an hour from now
        with duckdb.connect(str(installed.settings.build_database)) as connection:
            connection.execute(
                "update staging.builds set began_at = began_at + ?, finished_at = finished_at + ?", [HOUR] * 2
            )
        # the same file: when it was delivered is its own time stamp
        shutil.copytree(next_day[0] / "landing", installed.settings.landing, dirs_exist_ok=True)
        for step in ("ingest", *STEPS):
            installed.done(step, "--json")
        served = Settings(home=HOME, var=next_day[1]).published_database
        assert differing(served, installed.settings.published_database) == {}


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_after_kills_one_clean_run_gives_the_same_marts(project, chain, tmp_path, step):
    chance = random.Random(f"{SEED} {step}")  # noqa: S311
    running = []
    with copy_of(project, chain, tmp_path) as installed:
        served = duckdb_rows(installed)
        for earlier in STEPS[: STEPS.index(step)]:
            installed.done(earlier)
        for number in range(KILLS):
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


@pytest.mark.long
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


@pytest.mark.long
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
