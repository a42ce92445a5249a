"""``hotline quality``: judge the built warehouse and record the judgement as data.

The plan of a run (every planned check for every entity) is written before anything is judged, the results after; the
mart ``quality_check`` joins the two, so that a check that was never evaluated shows up as an error instead of being
absent. Great Expectations takes seconds to import and is imported by the command only. It sends no telemetry in the
pinned version, and runs in an ephemeral context: nothing is written outside the installation's ``var``.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import shutil
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import duckdb

from hotline import approval
from hotline.build import QUALITY_MODELS, opened, run_dbt, set_damaged_aside
from hotline.contracts import load_contracts
from hotline.errors import HotlineError
from hotline.settings import TIMEZONE, Settings

EXIT_BLOCKED = 3
"""A structural check failed: the built file is not what it claims to be and must not be published."""
EXIT_INCOMPLETE = 5
"""A planned check was not evaluated: nothing can be said about the build."""

CONTRADICTION_CHECK = "reported_rate_not_contradicted"

PLAN_COLUMNS = {
    "run_id": "varchar",
    "checked_at": "timestamp",
    "day": "date",
    "suite": "varchar",
    "check_code": "varchar",
    "check_name_zh": "varchar",
    "check_name_en": "varchar",
    "description_zh": "varchar",
    "description_en": "varchar",
    "entity_kind": "varchar",
    "entity_code": "varchar",
    "entity_name": "varchar",
    "severity": "varchar",
    "blocks_publication": "boolean",
    "sort_order": "integer",
}
RESULT_COLUMNS = {
    "run_id": "varchar",
    "check_code": "varchar",
    "entity_code": "varchar",
    "status": "varchar",
    "observed": "varchar",
    "expected": "varchar",
    "evidence": "varchar",
}


@dataclass(frozen=True)
class Outcome:
    """What a run found; the fields of the JSON line."""

    run_id: str
    day: str
    checks: int
    """Planned checks times entities."""
    failed: dict[str, int]
    """Failed checks by severity."""
    incomplete: bool
    contradicted: list[str]
    """Platforms whose reported rate the spot check contradicts."""
    blocking: list[str]
    """Failed checks that forbid publication, as ``check:entity``."""
    errors: list[str]
    """Checks that could not be evaluated, as ``check:entity``."""
    data_docs: str

    @property
    def exit_code(self) -> int:
        return EXIT_INCOMPLETE if self.incomplete else EXIT_BLOCKED if self.blocking else 0

    @property
    def result(self) -> str:
        """What publication has to know."""
        if self.incomplete:
            return f"{len(self.errors)} checks could not be evaluated"
        return f"forbids publication: {', '.join(self.blocking)}" if self.blocking else approval.PASSED


def load_expectations(home: Path) -> None:
    """Make ``<home>/expectations`` importable as the package ``expectations``.

    Only that folder: with ``home`` on ``sys.path`` every folder of the checkout would be a package.
    """
    if "expectations" in sys.modules:
        return
    folder = home / "expectations"
    spec = importlib.util.spec_from_file_location(
        "expectations", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None or not (folder / "__init__.py").exists():
        raise HotlineError(f"{folder} does not exist", "set HOTLINE_HOME to the checkout of the project")
    module = importlib.util.module_from_spec(spec)
    sys.modules["expectations"] = module
    spec.loader.exec_module(module)


def days_to_judge(settings: Settings, day: date | None) -> list[date]:
    """The day asked for, and the newest after it: what is published holds the newest day, whichever was asked for.

    Raises
    ------
    HotlineError: there is no built warehouse, or nothing was delivered yet.
    """
    if not settings.build_database.exists():
        raise HotlineError(f"{settings.build_database} does not exist", "run `hotline build` first")
    newest = _newest_day(settings.ledger)
    return [newest] if day is None or day == newest else [day, newest] if day < newest else [day]


def judge(settings: Settings, day: date) -> Outcome:
    """Judge the build for the delivery day ``day`` and record plan and results.

    Raises
    ------
    InfrastructureError: a writer holds the built file.
    """
    load_expectations(settings.home)
    from expectations.catalogue import read_catalogue
    from expectations.scope import Scope

    catalogue = read_catalogue(settings.seeds / "quality_checks.csv")
    checked_at = datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None, microsecond=0)
    with opened(settings.build_database, read_only=True) as warehouse:
        scope = Scope(
            warehouse=warehouse,
            raw=settings.raw,
            ledger=settings.ledger,
            seeds=settings.seeds,
            catalogue=catalogue,
            contracts=load_contracts(settings.contracts),
            day=day,
        )
        run_id, entities = scope.run_id(), scope.entities()
        for table, columns in (("plans", PLAN_COLUMNS), ("results", RESULT_COLUMNS)):
            _write(settings.quality / table / "empty.parquet", columns, [])  # so that dbt's glob always matches
        plan = _plan(run_id, checked_at, day, catalogue, entities)
        _write(settings.quality / "plans" / f"{run_id}.parquet", PLAN_COLUMNS, plan)
        results, docs = _evaluate(settings, scope, run_id, checked_at, entities)
    return _outcome(run_id, day, plan, results, docs)


def _evaluate(settings: Settings, scope: Any, run_id: str, checked_at: datetime, entities: dict) -> tuple[list, str]:
    """Run the suites, record the results, draw the Data Docs; returns the result rows and the path of the index."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    from expectations import checkpoint, data_docs
    from expectations.suites import all_judgements

    validations, site = settings.quality / "validations", settings.reports / "data_docs"
    for stale in validations.glob(f"*/{run_id}"):
        shutil.rmtree(stale)  # of a run that is judged again, a batch that cannot be read any more must not stay
    context = checkpoint.context(validations, data_docs.site_configuration(site))
    findings, keys = checkpoint.run(all_judgements(scope), scope.catalogue, entities, context, run_id, checked_at)
    results = findings.rows_of(run_id)
    _write(settings.quality / "results" / f"{run_id}.parquet", RESULT_COLUMNS, results)
    return results, str(data_docs.build(context, keys, site))


def _plan(run_id: str, checked_at: datetime, day: date, catalogue: dict, entities: dict) -> list[tuple]:
    """One row for every planned check and entity, as ``PLAN_COLUMNS``."""
    rows = []
    for check in catalogue.values():
        fields = asdict(check)
        fields |= {"check_name_zh": check.name_zh, "check_name_en": check.name_en}
        for code, name in entities[check.entity_kind].items():
            run = {"run_id": run_id, "checked_at": checked_at, "day": day, "entity_code": code, "entity_name": name}
            rows.append(tuple((fields | run)[column] for column in PLAN_COLUMNS))
    return rows


def _outcome(run_id: str, day: date, plan: list[tuple], results: list[tuple], docs: str) -> Outcome:
    planned = [dict(zip(PLAN_COLUMNS, row, strict=True)) for row in plan]
    found = {(row[1], row[2]): row[3] for row in results}
    status = {(row["check_code"], row["entity_code"]): row for row in planned}
    failed = [status[key] for key, value in found.items() if value == "fail" and key in status]
    errors = [key for key in status if found.get(key, "error") == "error"]
    return Outcome(
        run_id=run_id,
        day=day.isoformat(),
        checks=len(planned),
        failed=dict(Counter(row["severity"] for row in failed)),
        incomplete=bool(errors) or bool(found.keys() - status.keys()),
        contradicted=sorted(row["entity_code"] for row in failed if row["check_code"] == CONTRADICTION_CHECK),
        blocking=[f"{row['check_code']}:{row['entity_code']}" for row in failed if row["blocks_publication"]],
        errors=[":".join(key) for key in errors],
        data_docs=docs,
    )


def _newest_day(ledger: Path) -> date:
    days = [date.fromisoformat(path.name.removeprefix("dt=")) for path in ledger.glob("dt=*")]
    if not days:
        raise HotlineError(f"nothing was delivered yet: {ledger} is empty", "run `hotline ingest` first")
    return max(days)


def _write(path: Path, columns: dict[str, str], rows: list[tuple]) -> None:
    """Write one Parquet file at once or not at all; a file of the same run is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        if rows:
            connection.executemany(f"insert into rows values ({', '.join('?' * len(columns))})", rows)
        connection.table("rows").write_parquet(str(temporary), compression="zstd")
    temporary.replace(path)


@click.command()
@click.option(
    "--partition", "day", type=click.DateTime(["%Y-%m-%d"]), help="Delivery day; the newest is judged in any case."
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line on standard output.")
def command(day: datetime | None, as_json: bool) -> None:
    """Run the Great Expectations checkpoints over the built warehouse and record their results.

    Findings about the data are results, not errors. Exit code 3: a structural check failed, do not publish.
    Exit code 5: a planned check could not be evaluated.
    """
    settings = Settings.from_environment()
    set_damaged_aside(settings)
    with approval.writing(settings):
        tested = approval.begin_quality(settings)
        outcomes = []
        for each in days_to_judge(settings, day.date() if day else None):
            click.echo(f"judging the built warehouse for {each} with Great Expectations …", err=True)
            outcomes.append(judge(settings, each))
        click.echo("building the quality marts with dbt …", err=True)
        run_dbt(["build", "--select", QUALITY_MODELS], settings)
        worst = max(outcomes, key=lambda outcome: outcome.exit_code)
        if tested:
            approval.end_quality(settings, worst.result)
    outcome = outcomes[0]
    if as_json:
        click.echo(json.dumps(asdict(outcome), ensure_ascii=False))
    else:
        _print(outcome)
    if not tested:
        click.secho("this file cannot be published: it is not the one whose build passed", fg="yellow", err=True)
    for outcome in outcomes:
        for title, keys in (("could not be evaluated", outcome.errors), ("forbids publication", outcome.blocking)):
            for key in keys:
                click.secho(f"{outcome.day}: {title}: {key}", fg="red", err=True)
    sys.exit(worst.exit_code)


def _print(outcome: Outcome) -> None:
    failed = ", ".join(f"{number} {severity}" for severity, number in outcome.failed.items()) or "none"
    click.echo(f"run {outcome.run_id}: {outcome.checks} checks; failed: {failed}")
    click.echo(f"reported rates contradicted by spot checks: {', '.join(outcome.contradicted) or 'none'}")
    click.echo(f"data docs: {outcome.data_docs}")
