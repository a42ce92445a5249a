"""``hotline`` in the test's own process: the real commands, with dbt on the parse of the session.

A command costs what it does; as a process of its own it costs seconds more for what it imports, twice when it calls dbt.
What is *about* the process (signals, limits, umask, exit) takes ``Installation``.
"""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg
from dbt_project import DbtProject
from installation import Installation

from hotline import build
from hotline.cli import cli
from hotline.dbt import NEWS, build_of_news
from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.text import printable

SHOWN = {"info", "warn", "error"}


@dataclass(frozen=True)
class InProcess(Installation):
    """An installation whose ``HOTLINE_VAR`` ``project`` is turned to."""

    project: DbtProject

    @classmethod
    def of(cls, project: DbtProject) -> InProcess:
        return cls(Settings.from_environment(), project)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(build, "_stream", self._dbt)
            done = CliRunner().invoke(cli, arguments)
        code, told = done.exit_code, done.stderr
        if isinstance(done.exception, HotlineError):  # as hotline.cli.main tells it
            code, told = done.exception.exit_code, f"{told}error: {printable(done.exception, keep=chr(10))}\n"
        elif done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, code, done.stdout, told)

    def _dbt(self, argv: Sequence[str], settings: Settings, report: Callable[[str], None]) -> tuple[int, list[str]]:
        """``dbt`` with these arguments: its exit code and the last of what it said."""
        tail: deque[str] = deque(maxlen=build.TAIL_LINES)

        def hear(message: EventMsg) -> None:
            if message.info.level in SHOWN:
                tail.append(message.info.msg)
                report(message.info.msg)

        arguments = ["--log-level", "none", *argv[argv.index("--no-use-colors") :]]
        if NEWS in arguments:
            return (0 if build_of_news(arguments, self.project.manifest, [hear]) else 1), list(tail)
        done = dbtRunner(manifest=self.project.manifest, callbacks=[hear]).invoke(arguments)
        DuckDBConnectionManager.close_all_connections()
        return (0 if done.success else 2 if done.exception else 1), list(tail)
