"""dbt in this process, on one parse of the project for all tests of a session.

Parsing is what a small dbt call costs (10 of 13 seconds), and dbt parses everything anew when the path of the warehouse
file changes, which it does with every ``HOTLINE_VAR``. So here ``HOTLINE_VAR`` is always the same link, turned to the
folder in question: a call in this process needs no parse at all, and a command that starts dbt as a process of its own
finds the parse in its folder. Relations of a warehouse name files by the link, so it stays turned while they are read.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from hotline.build import checkpoint
from hotline.dbt import PORTIONS, drop_unread_events
from hotline.settings import Settings

HOME = Path(__file__).resolve().parents[2]
KEPT = HOME / "var" / "test" / "dbt"
"""Kept between sessions, so that the next one parses only what has changed."""
PARSE = "partial_parse.msgpack"
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
ONLY_TABLES = ("--exclude", "config.materialized:view")
"""For ``run``, which takes neither tests nor seeds and need not put them in order. Of the views, those of a whole build
read the same whatever is delivered; the first build that takes only changes in makes them once more."""


class DbtProject:
    """The project, parsed; give each call the ``HOTLINE_VAR`` that it works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.link = folder / "var"
        self.target = folder / "target"
        self.own = folder / "own"
        self.settings = Settings.from_environment()
        (self.own / "build").mkdir(parents=True, exist_ok=True)

    @contextmanager
    def at(self, var: Path) -> Iterator[Path]:
        """Within, ``HOTLINE_VAR`` is the link (yielded) and leads to ``var``; before and after, to where it led before."""
        assert self.manifest  # parsed first, which turns the link
        before = self.link.readlink()
        self._turn(var)
        parsed = var / "dbt" / "target" / PARSE
        mask = os.umask(0o027)  # as the commands write
        try:
            parsed.parent.mkdir(parents=True, exist_ok=True)
            if not parsed.exists():
                shutil.copyfile(self.target / PARSE, parsed)
        finally:
            os.umask(mask)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HOTLINE_VAR", str(self.link))
                patch.setenv("DO_NOT_TRACK", "1")
                yield self.link
        finally:
            self._turn(before)

    def _turn(self, var: Path) -> None:
        turned = self.folder / "turned"
        turned.unlink(missing_ok=True)
        turned.symlink_to(var, target_is_directory=True)
        turned.replace(self.link)

    @cached_property
    def manifest(self) -> Manifest:
        self._turn(self.own)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOTLINE_VAR", str(self.link))
            patch.setenv("DO_NOT_TRACK", "1")
            parsed = dbtRunner().invoke(["parse", *self._options(self.target, self.folder / "logs")])
        assert parsed.success, parsed.exception
        gc.set_threshold(*PORTIONS)  # as the command's own dbt
        drop_unread_events()  # the same
        gc.freeze()  # the parse stays to the end, and need not be searched
        return parsed.result

    def _options(self, target: Path, logs: Path) -> list[str]:
        project = str(self.settings.dbt_project)
        return ["--project-dir", project, "--profiles-dir", project, "--quiet", "--no-use-colors",
                "--log-level-file", "info",  # what failed is in the answer; the rest costs a tenth of a small build
                "--target-path", str(target), "--log-path", str(logs)]  # fmt: skip

    def invoke(self, var: Path, *arguments: str) -> dbtRunnerResult:
        """A dbt command on ``var``; leaves its warehouse file closed and checkpointed."""
        runner = dbtRunner(manifest=self.manifest)
        (var / "build").mkdir(parents=True, exist_ok=True)
        with self.at(var):
            result = runner.invoke(
                [*arguments, "--no-write-json", *self._options(var / "dbt" / "target", var / "dbt" / "logs")]
            )
            DuckDBConnectionManager.close_all_connections()
        if (database := var / "build" / "hotline.duckdb").exists():
            checkpoint(database)
        return result

    def run(self, var: Path, *arguments: str) -> Counter:
        """As ``invoke``, of a command that must succeed; returns how many nodes ended with which status."""
        done = self.invoke(var, *arguments)
        bad = [f"{r.node.name}: {r.message}" for r in (done.result or []) if r.status in ("error", "fail")]
        assert done.success, bad or done.exception
        return Counter(str(result.status) for result in done.result)


@contextmanager
def opened(spare: Path) -> Iterator[DbtProject]:
    """The project in the folder that is kept, or in ``spare`` when another session works there."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield DbtProject(KEPT)
        except BlockingIOError:
            yield DbtProject(spare)


def environment(link: Path) -> dict[str, str]:
    """For a process that works on what the link leads to."""
    return os.environ | {"HOTLINE_VAR": str(link), "DO_NOT_TRACK": "1"}
