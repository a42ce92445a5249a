"""Old rows of Airflow's metadata, removed by Airflow's own ``airflow db clean``.

Rows of a DAG that is kept apart stay. That is why only these tables are cleaned: in the others Airflow cannot tell of which
DAG a row is. ``deadline``, which goes along with ``dag_run``, is one of them; its failure is expected, and no DAG of ours
has deadlines. The newest scheduled run of each DAG always stays: the next one follows from it.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from datetime import datetime, timedelta

from hotline.housekeep.retention import Rule
from hotline.housekeep.sweep import Outcome
from hotline.settings import Settings
from hotline.stack.airflow import Airflow, given_metadata

TABLES = ("dag_run", "log", "import_error", "revoked_token", "partitioned_asset_key_log", "session")
"""With ``dag_run`` go task instances and their history, XCom and states of tasks. ``session`` is there in production alone."""
NOT_TOLD_APART = {"deadline"}
ROWS = re.compile(r"^Found (\d+) rows meeting deletion criteria", re.MULTILINE)
FAILED = re.compile(r"Encountered error when attempting to clean table '(\w+)'")
BATCH = 2000
"""Rows in a transaction: the scheduler waits for it where SQLite holds the metadata."""
TAIL_LINES = 8


def clean(settings: Settings, outcome: Outcome, rule: Rule, now: datetime, dry_run: bool) -> None:
    """Remove what is older than the rule says, and the tables in which Airflow put aside what it removed before."""
    outcome.unit = "old rows"
    outcome.note = _nothing_to_clean(settings)
    if outcome.note:
        return
    before = (now - timedelta(days=rule.number or 0)).isoformat(sep=" ", timespec="seconds")
    said = _airflow(
        settings, outcome, "clean", "--clean-before-timestamp", before, "--tables", ",".join(TABLES), "--skip-archive",
        "--batch-size", str(BATCH), *(["--exclude-dag-ids", ",".join(rule.apart)] if rule.apart else []),
        "--dry-run" if dry_run else "--yes",
    )  # fmt: skip
    outcome.seen = outcome.gone = sum(map(int, ROWS.findall(said)))
    outcome.failed += [f"table {name} was not cleaned" for name in FAILED.findall(said) if name not in NOT_TOLD_APART]
    if not dry_run and not outcome.failed:
        # of a run that was killed between putting rows aside and removing them
        _airflow(settings, outcome, "drop-archived", "--yes")


def _nothing_to_clean(settings: Settings) -> str:
    """Why there is no metadata that could be cleaned from here; empty when there is."""
    if not settings.executable("airflow", "airflow").exists():
        return "no Airflow is installed here"
    if _production(settings):
        return ""
    home = settings.var / "airflow"
    given, stamp = given_metadata(), home / "migrated.txt"
    known = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    # a task does not know the address that Airflow was started with, and would clean the embedded database instead
    if (hashlib.sha256(given.encode()).hexdigest() if given else "") != known.partition(" ")[2]:
        return "the metadata are elsewhere: run it with AIRFLOW__DATABASE__SQL_ALCHEMY_CONN as at `hotline stack up`"
    return "" if given or (home / "airflow.db").is_file() else "no Airflow has been started here"


def _production(settings: Settings) -> bool:
    """Whether this is an image of production, whose settings lie beside the code."""
    return (settings.home / "airflow.cfg").is_file()


def _airflow(settings: Settings, outcome: Outcome, *arguments: str) -> str:
    """What ``airflow db`` says; a failure is noted."""
    environment = Airflow(settings, 0).environment()
    if _production(settings):
        environment["AIRFLOW_CONFIG"] = str(settings.home / "airflow.cfg")
    run = subprocess.run(
        [settings.executable("airflow", "airflow"), "db", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    said = run.stdout + run.stderr
    if run.returncode:
        outcome.failed.append(f"airflow db {arguments[0]}: " + "\n".join(said.strip().splitlines()[-TAIL_LINES:]))
    return said
