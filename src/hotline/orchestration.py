"""Runs the steps of the pipeline as child processes, for schedulers.

Airflow's environment and the warehouse's cannot be one: their pins exclude each other. So a task starts
``hotline <command> --json`` of the warehouse environment and reads the one JSON line it ends with. Only the
standard library is used: this module is imported in the Airflow environment, whenever a DAG file is parsed.

Exit codes of a step
    0 done; 2 wrong usage; 3 the data failed their tests (repeating it is useless); 4 the infrastructure
    failed (a lock, a full disk: repeating it may help); 5 the data could not be judged completely; any other
    number an error with a remedy in its text.
"""

from __future__ import annotations

import csv
import ctypes
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from hotline import arrivals
from hotline.ingest.landing import SENDER
from hotline.ingest.opening import is_plain_folder
from hotline.settings import Settings
from hotline.text import printable

TAIL_LINES = 15
TERMINATE_SECONDS = 10
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PRIVATE_VARIABLES = ("AIRFLOW", "_AIRFLOW", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")

log = logging.getLogger(__name__)


class StepError(Exception):
    """A step ended with an error; ``exit_code`` is negative when a signal ended it.

    ``tail`` holds the last lines of its progress output: the remedy that the command printed is among them.
    """

    def __init__(self, step: str, exit_code: int, tail: Sequence[str]) -> None:
        self.step, self.exit_code, self.tail = step, exit_code, list(tail)
        super().__init__("\n  ".join([f"hotline {step} ended with exit code {exit_code}", *tail]))


class UsageError(StepError):
    """The step was called wrongly (exit code 2): a fault of the DAG, not worth a retry."""


class DataTestFailure(StepError):
    """The data failed their tests (exit code 3) or escaped them (5): a retry would read the same data."""


class InfrastructureError(StepError):
    """A lock, a full disk, a lost process (exit code 4, or a signal): a retry may succeed."""


def run_step(
    argv: Sequence[str],
    *,
    settings: Settings | None = None,
    program: Sequence[str | Path] | None = None,
    report: Callable[[str], None] = log.info,
) -> dict:
    """Run ``hotline <argv> --json`` in the warehouse environment and return its closing JSON object.

    Progress lines (stderr) go to ``report`` as they come. The child dies with the caller: the kernel kills it
    when the calling process is, and by this function when the call is left through an exception (a time-out,
    Ctrl-C). Else a killed task leaves its child behind, which locks the warehouse file and fails every retry.

    Parameters
    ----------
    program: what to run instead of the warehouse environment's ``hotline`` (tests).

    Raises
    ------
    StepError, UsageError, DataTestFailure, InfrastructureError: see "Exit codes" above.
    """
    settings = settings or Settings.from_environment()
    program = program or [settings.executable("warehouse", "hotline")]
    step = argv[0] if argv else "step"
    command = dying_with_parent([*map(str, program), *argv, "--json"])
    with subprocess.Popen(  # own session: a group kill reaches grandchildren (dbt), never the caller's group
        command,
        env=child_environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=None if shutil.which("setpriv") else _die_with_parent,
    ) as child:
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.extend(child.stdout), daemon=True)
        reader.start()
        tail: list[str] = []
        try:
            for line in progress_lines(child.stderr):
                report(line)
                tail = [*tail, line][-TAIL_LINES:]
            exit_code = child.wait()
        except BaseException:
            end_group(child)
            raise
        reader.join()
    if exit_code != 0:
        raise failure(step, exit_code, tail)
    return closing_object(step, output, tail)


def failure(step: str, exit_code: int, tail: Sequence[str]) -> StepError:
    """The exception that belongs to an exit code."""
    if exit_code < 0 or exit_code > 128:
        return InfrastructureError(step, exit_code, tail)
    kinds = {2: UsageError, 3: DataTestFailure, 4: InfrastructureError, 5: DataTestFailure}
    return kinds.get(exit_code, StepError)(step, exit_code, tail)


def closing_object(step: str, output: Sequence[str], tail: Sequence[str]) -> dict:
    """The JSON object on the last non-empty line of ``output``; anything else breaks the step's contract."""
    lines = [line for line in output if line.strip()]
    try:
        result = json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise StepError(step, 0, [*tail, "its last line of output is not JSON"]) from error
    if not isinstance(result, dict):
        raise StepError(step, 0, [*tail, "its last line of output is not a JSON object"])
    return result


def progress_lines(stream: Iterator[str]) -> Iterator[str]:
    """Lines without colour codes and other control characters; a carriage return ends a line, as text streams take it."""
    for raw in stream:
        line = printable(ANSI.sub("", raw).strip())
        if line:
            yield line


def child_environment(settings: Settings, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment without the scheduler's own settings: its keys are no business of a step."""
    kept = {k: v for k, v in base.items() if not k.startswith(PRIVATE_VARIABLES)}
    return kept | {
        "HOTLINE_HOME": str(settings.home),
        "HOTLINE_VAR": str(settings.var),
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
    }


def dying_with_parent(command: Sequence[str]) -> list[str]:
    """``command`` such that the kernel kills it when its parent ends, however the parent ends."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *command] if shutil.which("setpriv") else [*command]


def _die_with_parent() -> None:
    """The same where util-linux has no ``setpriv``; runs in the child between fork and exec."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def end_group(child: subprocess.Popen) -> None:
    """End a child and everything it started: first politely, then not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sign)
            child.wait(TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


# senders and days ------------------------------------------------------------------------------------


def senders(settings: Settings | None = None) -> list[str]:
    """Codes of all that deliver feeds: the platforms of the code list, then the province's own centre."""
    settings = settings or Settings.from_environment()
    lists = (settings.seeds / "code_lists" / "platforms.csv", settings.seeds / "parameters" / "provinces.csv")
    codes = []
    for path in lists:
        with path.open(encoding="utf-8", newline="") as file:
            codes += [row["code"] for row in csv.DictReader(file)]
    return codes


def expected_senders(
    first_day: str,
    last_day: str,
    settings: Settings | None = None,
    *,
    lookback_days: int = 0,
    waits: bool = False,
) -> list[str]:
    """Senders to ingest for a range of delivery days; none at all when there is no file to take and none is awaited.

    Registered senders come first, then landing folders in no code list: they are ingested too, so that the ledger
    shows their files rejected. Of ``lookback_days`` before the range only files count that no run has taken yet, and of
    what lies in no day's folder only what the ledger does not know. What lies in no sender's folder the province answers.
    """
    settings = settings or Settings.from_environment()
    registered = senders(settings)
    named = [path.name for path in settings.landing.glob("*") if SENDER.fullmatch(path.name) and is_plain_folder(path)]
    found = [
        sender
        for sender in sorted(named)
        if any(arrivals.deliveries(sender, first_day, last_day, settings))
        or arrivals.late_files(sender, first_day, lookback_days, settings)
        or arrivals.unanswered(sender, settings)
        or arrivals.unusable(sender, first_day, last_day, settings)
    ]
    if not (found or waits or arrivals.unanswered(None, settings)):
        return []
    return registered + [sender for sender in found if sender not in registered]


def delivery_days(partition_key: str, from_day: str | None) -> tuple[str, str]:
    """First and last delivery day (ISO, inclusive) of a run; a range backfill starts at ``from_day``.

    Raises ValueError when a day is not an ISO date or the range is empty.
    """
    last = date.fromisoformat(partition_key)
    first = date.fromisoformat(from_day) if from_day else last
    if first > last:
        raise ValueError(f"from_day {first} is after the partition {last}: nothing could be delivered in between")
    return first.isoformat(), last.isoformat()


def plan(
    day: str, from_day: str | None, wait_minutes: float, lookback_days: int, settings: Settings | None = None
) -> list[dict]:
    """Arguments of the mapped ingest tasks of one run, one dict a sender.

    A range backfill neither waits nor looks back: its range says which days it is about.
    """
    first, last = delivery_days(day, from_day)
    lookback = 0 if from_day else lookback_days
    until = arrivals.wait_until(day, from_day, wait_minutes, settings)
    codes = expected_senders(first, last, settings, lookback_days=lookback, waits=until is not None)
    same = {"first_day": first, "last_day": last, "lookback_days": lookback, "wait_until": until}
    return [{"sender": code} | same for code in codes]


def summarise_deliveries(
    mapped: Sequence[str], results: Sequence[Mapping], registered: Sequence[str] | None = None
) -> dict:
    """One report over the senders' ingest results: what the ingest command counted, plus ``sender``.

    ``mapped`` are the senders that were to be ingested, ``registered`` all that should deliver. ``missing`` delivered
    no file for the run's own days, ``failed`` were to be ingested and gave no result, ``overdue`` are
    the daily feeds by sender that are owed and not there, ``late`` the files of earlier days that this run has taken.
    """
    registered = senders() if registered is None else registered
    delivered = {result["sender"]: int(result.get("delivered", 0)) for result in results}
    failed = [code for code in mapped if code not in delivered]
    counts = ("files", "unchanged", "rows_in", "rows_loaded", "rows_quarantined")
    return {key: sum(int(result.get(key, 0)) for result in results) for key in counts} | {
        "missing": [code for code in registered if not delivered.get(code) and code not in failed],
        "failed": failed,
        "overdue": {result["sender"]: result["overdue"] for result in results if result.get("overdue")},
        "late": [file for result in results for file in result.get("late", [])],
        "rejected": [entry for result in results for entry in result.get("rejected", [])],
    }


def require_complete(result: Mapping) -> None:
    """Raise DataTestFailure unless every planned quality check was evaluated.

    A suite whose expectations could not be loaded reports success with nothing evaluated; so "no failure" is not
    enough. Findings (``failed``) are results and pass.
    """
    if result.get("incomplete") or not result.get("checks"):
        raise DataTestFailure("quality", 0, ["not every planned check was evaluated", json.dumps(result)])
