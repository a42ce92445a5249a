"""``hotline build``: dbt builds the warehouse file, as a child process of its own.

A child, because dbt keeps global state and must not take the caller down with it; a child that dies with its parent,
because an orphaned dbt holds the lock of the warehouse file and makes every retry fail.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import duckdb

from hotline import approval, doctor, news
from hotline.definitions import definitions_hash, tests_hash
from hotline.errors import DataTestFailure, HotlineError, InfrastructureError
from hotline.ingest import ledger
from hotline.settings import TIMEZONE, Settings
from hotline.text import printable

QUALITY_MODELS = "tag:quality"
"""Built after the checkpoints have run (``hotline quality``), never by ``hotline build``."""
TAIL_LINES = 12
SHOWN_ROWS = 3
"""Of those that a failed test finds."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class DbtRun:
    """What a dbt call did, read from its ``run_results.json``."""

    statuses: dict[str, int]
    """Nodes per status, e.g. ``{"success": 60, "pass": 158}``."""
    seconds: float
    """Wall-clock time of the call."""
    slowest: list[tuple[str, float]] = field(default_factory=list)
    """(node, seconds) of the five slowest nodes."""
    warnings: list[str] = field(default_factory=list)
    """Tests of severity ``warn`` that found rows."""


def run_dbt(
    arguments: Sequence[str],
    settings: Settings,
    *,
    report: Callable[[str], None] = lambda line: click.echo(line, err=True),
) -> DbtRun:
    """Run dbt on the project; its output goes line by line to ``report``. Leaves the warehouse file checkpointed.

    Parameters
    ----------
    arguments: a dbt command that runs nodes and its options, e.g. ``["build", "--select", "tag:quality"]``.

    Raises
    ------
    DataTestFailure: a data test or unit test failed; names the tests.
    InfrastructureError: dbt ended otherwise than by a test; shows the reason.
    """
    folder = settings.var / "dbt"
    settings.build_database.parent.mkdir(parents=True, exist_ok=True)
    results = folder / "target" / "run_results.json"
    results.unlink(missing_ok=True)  # a stale one would speak for a run that never started
    argv = [
        sys.executable, "-m", "hotline.dbt", "--no-use-colors", *arguments,
        "--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project),
        "--log-level-file", "info",  # the rest tells of dbt itself, and costs a tenth of a small build
        "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
    ]  # fmt: skip
    began = time.monotonic()
    exit_code, tail = _stream(argv, settings, report)
    run = _read_run(results, time.monotonic() - began) if results.is_file() else None
    if run is not None:
        checkpoint(settings.build_database)
    if exit_code != 0:
        raise _failure(results, exit_code, tail, settings)
    if run is None:
        raise InfrastructureError("dbt ended without writing its results", f"read {folder / 'logs' / 'dbt.log'}")
    return run


def _stream(argv: Sequence[str], settings: Settings, report: Callable[[str], None]) -> tuple[int, list[str]]:
    environment = os.environ | {
        "HOTLINE_VAR": str(settings.var),
        "TZ": TIMEZONE,
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }
    setpriv = shutil.which("setpriv")
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else argv,
        cwd=settings.dbt_project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=None if setpriv else _die_with_parent,
    ) as child:
        try:
            for line in child.stdout:
                report(line.rstrip())
                tail.append(line.rstrip())
        except BaseException:  # Ctrl-C, a closed pipe: leave no dbt behind that holds the lock
            child.kill()
            raise
    return child.returncode, list(tail)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _read_run(path: Path, seconds: float) -> DbtRun:
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    slowest = sorted(((_name(result), result["execution_time"]) for result in results), key=lambda item: -item[1])
    return DbtRun(
        statuses=dict(Counter(result["status"] for result in results)),
        seconds=round(seconds, 1),
        slowest=[(name, round(duration, 2)) for name, duration in slowest[:5]],
        warnings=[f"{_name(result)}: {result['message']}" for result in results if result["status"] == "warn"],
    )


def _failure(path: Path, exit_code: int, tail: Sequence[str], settings: Settings) -> HotlineError:
    results = json.loads(path.read_text(encoding="utf-8"))["results"] if path.is_file() else []
    broken = [result for result in results if result["status"] in ("error", "runtime error")]
    failed = [result for result in results if result["status"] == "fail"]
    if broken or not failed:
        reasons = [f"{_name(result)}: {_first_lines(result['message'])}" for result in broken] or list(tail)
        is_of_raw = any(".parquet" in reason for reason in reasons)
        return InfrastructureError(
            f"dbt ended with exit code {exit_code}\n  " + "\n  ".join(reasons),
            "a raw file is damaged or lost: `hotline ingest --again` reads what was delivered anew"
            if is_of_raw
            else _remedy_of_seeds(broken, settings)
            or "if another process holds the file, wait for it; otherwise read var/dbt/logs/dbt.log",
        )
    told = [f"{_name(result)}: {_first_lines(result['message'])}" + _rows_found(result, settings) for result in failed]
    return DataTestFailure(
        f"{len(failed)} tests failed\n  " + "\n  ".join(told),
        _remedy_of_seeds(failed, settings)
        or "look at the rows that the compiled SQL under var/dbt/target finds, correct the feed and deliver it again",
    )


def _rows_found(result: dict, settings: Settings) -> str:
    """The first rows that a failed test finds, a line each; nothing where its statement cannot be asked once more."""
    try:
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            connection.execute("set TimeZone = $1", [TIMEZONE])
            rows = connection.execute(result["compiled_code"]).fetchmany(SHOWN_ROWS)
            names = [column[0] for column in connection.description]
    except duckdb.Error:
        return ""
    told = [
        [f"{name} = {printable(value)}" for name, value in zip(names, row, strict=True) if value is not None]
        for row in rows
    ]
    return "".join(f"\n    {', '.join(values)}" for values in told)


def _remedy_of_seeds(results: Sequence[dict], settings: Settings) -> str | None:
    """What to mend where the registers are at fault, and no feed: what does not fit together in them, or the seed itself."""
    if found := doctor.findings(settings):
        return "mend the registers and build again:" + "".join(
            f"\n  dbt/seeds/{finding.file}:{finding.line}: {finding.problem}: {finding.remedy}" for finding in found
        )
    if not results:
        return None  # dbt ended before it wrote what it knows
    nodes = json.loads((settings.var / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    named = [nodes.get(result["unique_id"], {}) for result in results]
    about = {node.get("attached_node") or node.get("unique_id") for node in named}
    seeds = sorted(nodes[name]["original_file_path"] for name in about if name in nodes and name.startswith("seed."))
    return f"mend dbt/{', dbt/'.join(seeds)} and build again; no feed is at fault" if seeds else None


def _name(result: dict) -> str:
    return result["unique_id"].split(".", 2)[2]


def _first_lines(message: str | None, lines: int = 4) -> str:
    return "\n    ".join((message or "").strip().splitlines()[:lines])


def checkpoint(database: Path) -> None:
    """Fold the write-ahead log into ``database``, so that the file alone is the warehouse.

    Raises
    ------
    InfrastructureError: the file is locked or cannot be opened.
    """
    with opened(database) as connection:
        # twice: the first frees the blocks of replaced tables, the second gives them back
        connection.execute("checkpoint")
        connection.execute("checkpoint")


@contextmanager
def opened(database: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse file. Raises InfrastructureError, with what to do, when it cannot be used."""
    try:
        with duckdb.connect(str(database), read_only=read_only) as connection:
            yield connection
    except duckdb.CatalogException:
        raise
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        if "lock on file" in text:
            raise InfrastructureError(f"{database} is locked: {text}", "wait for the process that holds it") from error
        raise InfrastructureError(
            f"{database} cannot be used: {text}",
            "free the disk if it is full; a damaged file: delete it, the next build makes it anew from raw",
        ) from error


def definitions_built(database: Path) -> str | None:
    """Hash of the definitions that the last finished build of ``database`` followed.

    None when there is no such build; empty when dbt was run without this command, so that nobody knows.

    Raises
    ------
    InfrastructureError: the file is locked or cannot be opened.
    """
    if not database.exists():
        return None
    try:
        with opened(database, read_only=True) as connection:
            row = connection.execute(
                "select definitions from staging.builds where finished_at is not null order by build_no desc limit 1"
            ).fetchone()
    except duckdb.CatalogException:  # made before builds were recorded, or broken off at the start
        return None
    return (row[0] or "") if row else None


def record_definitions(database: Path, definitions: str, is_finished: bool = False) -> None:
    """Write down which definitions the build that has just ended followed; nothing when it did not finish.

    Parameters
    ----------
    is_finished: it made what news reaches, in several steps of which none is a build of all models to dbt.
    """
    with opened(database) as connection:
        connection.execute(
            "update staging.builds set definitions = ?, finished_at = coalesce(finished_at, current_localtimestamp()) "
            "where (finished_at is not null or ?) and build_no = (select max(build_no) from staging.builds)",
            [definitions, is_finished],
        )


def set_damaged_aside(settings: Settings) -> None:
    """Set damaged entries of the ledger aside and say so: one that is no JSON would end every statement over all of them."""
    if damaged := ledger.set_damaged_aside(settings.ledger):
        click.echo(
            f"{damaged} damaged ledger {'entry' if damaged == 1 else 'entries'} set aside (*{ledger.DAMAGED_SUFFIX}): "
            "run `hotline ingest`, which takes their files anew, and build again",
            err=True,
        )


def require_deliveries(settings: Settings) -> None:
    """Refuse to build from nothing: sources need at least one ingested file.

    Raises
    ------
    HotlineError: the raw layer or the ledger is empty.
    """
    if next(settings.ledger.glob("*/*/*.json"), None) is None:
        raise HotlineError(f"nothing has been ingested yet: no ledger entry under {settings.ledger}", "hotline ingest")


def build(settings: Settings, select: Sequence[str] = (), full_refresh: bool = False) -> DbtRun:
    """Build and test the warehouse file, and write down for which file the tests passed; nothing when nothing is new.

    Raises
    ------
    DataTestFailure, InfrastructureError: as ``run_dbt``; the file must not be published then.
    """
    definitions, tests = definitions_hash(settings), tests_hash(settings)
    built = definitions_built(settings.build_database)
    if built is not None and built != definitions and not full_refresh:
        click.echo("definitions changed since the last build: everything is made anew", err=True)
        full_refresh = True
    # what is not made again must be what was made, and tested by the same tests
    is_known = built == definitions and not select and not full_refresh and approval.has_passed(settings, tests)
    sources = news.of(settings) if is_known else None
    if sources is not None and not sources:
        click.echo("nothing new since the last build, which passed its tests: nothing to make", err=True)
        return DbtRun(statuses={}, seconds=0.0)
    if sources:
        arguments = ["news", ",".join(sorted(sources))]
    else:
        # unit tests tell about the code, not about the data: they run with the project's own tests
        arguments = ["build", "--exclude", QUALITY_MODELS, "--exclude-resource-type", "unit_test"]
        # of a part, those tests whose models are all in it: others would miss what was never built
        arguments += ["--select", *select, "--indirect-selection", "cautious"] if select else []
        arguments += ["--full-refresh"] if full_refresh else []
    approval.begin_build(settings, tests)
    try:
        run = run_dbt(arguments, settings)
        record_definitions(settings.build_database, definitions, is_finished=bool(sources))
    except DataTestFailure:
        approval.end_build(settings, "its tests failed")
        raise
    approval.end_build(settings, "only a part of the models (--select)" if select else approval.PASSED)
    return run


@click.command()
@click.option("--select", multiple=True, help="dbt selector; may be given more than once. Default: all models.")
@click.option("--full-refresh", is_flag=True, help="Make all tables anew instead of only what changed.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(select: tuple[str, ...], full_refresh: bool, as_json: bool) -> None:
    """Build the warehouse file from the raw layer with dbt.

    Takes in what was delivered since the last build, and makes and tests only what that reaches: nothing when nothing is
    new. Makes everything anew when a model, a macro or a seed changed since then, because a definition holds for the past
    too.

    Exit code 3: the data break a test. Exit code 4: dbt could not work.
    """
    settings = Settings.from_environment()
    set_damaged_aside(settings)
    require_deliveries(settings)
    with approval.writing(settings):
        run = build(settings, select, full_refresh)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "database": str(settings.build_database),
                    "seconds": run.seconds,
                    "statuses": run.statuses,
                    "slowest": dict(run.slowest),
                    "warnings": run.warnings,
                },
                ensure_ascii=False,
            )
        )
    else:
        counts = ", ".join(f"{count} {status}" for status, count in sorted(run.statuses.items())) or "as it was"
        click.echo(f"{settings.build_database}: {counts} in {run.seconds} s")
        for warning in run.warnings:
            click.echo(f"  warning: {warning}")
