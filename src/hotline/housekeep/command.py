"""``hotline housekeep``: remove what need not be kept any longer, or say what would go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from hotline import access, publish
from hotline.errors import HotlineError, InfrastructureError
from hotline.housekeep import airflow_metadata, landing, sweep
from hotline.housekeep.retention import ALWAYS, Retention, Rule
from hotline.housekeep.sweep import Outcome
from hotline.settings import TIMEZONE, Settings


def housekeep(settings: Settings, retention: Retention, now: datetime, dry_run: bool) -> Iterator[Outcome]:
    """What became of each kind, one after the other; a kind that fails holds up no other.

    Parameters
    ----------
    now: local time of the warehouse, without offset.
    dry_run: nothing is removed.
    """
    for rule in retention.rules.values():
        outcome = Outcome(rule.kind, rule.keep)
        try:
            _apply(settings, rule, now, dry_run, outcome)
        except (OSError, HotlineError) as error:
            outcome.failed.append(str(error))
        yield outcome
    yield _access_log(settings, now, dry_run)


def _apply(settings: Settings, rule: Rule, now: datetime, dry_run: bool, outcome: Outcome) -> None:
    if rule.kind == "releases":
        publish.prune(settings.serving, rule.number or 1, outcome, dry_run)
        return
    folder = {
        "task_logs": settings.var / "airflow" / "logs",
        "superset_cache": settings.var / "superset" / "cache",
        "airflow_metadata": None,
    }.get(rule.kind, settings.var / rule.kind)
    if rule.number is None:
        if folder is not None:
            sweep.measured(outcome, folder)
    elif folder is None:
        airflow_metadata.clean(settings, outcome, rule, now, dry_run)
    elif rule.kind == "landing":
        landing.sweep(settings, outcome, rule.number, now, dry_run)
    else:
        before = (now - timedelta(days=rule.number)).replace(tzinfo=ZoneInfo(TIMEZONE)).timestamp()
        sweep.older_than(outcome, folder, before, dry_run)


def _access_log(settings: Settings, now: datetime, dry_run: bool) -> Outcome:
    """The log removes its old days itself whenever a day begins; where nobody logs in any more, they go here."""
    log = access.access_log(settings)
    outcome = Outcome("access_log", f"{log.keep_days} days")
    for path in log.files():
        outcome.seen += 1
        if log.is_old(path, now.date()):
            outcome.removed(path.unlink, path, path.lstat().st_size, dry_run)
    return outcome


def told(outcome: Outcome, dry_run: bool) -> str:
    """What became of a kind, in one line."""
    said = outcome.note or f"{outcome.seen} {outcome.unit} looked at"
    if not outcome.note and outcome.keep != ALWAYS:
        size = f" ({outcome.bytes} bytes)" if outcome.bytes else ""
        said += f", {outcome.gone} {'would go' if dry_run else 'went'}{size}"
    return f"{outcome.kind:<18}{outcome.keep:<11}{said}"


@click.command()
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would go.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(dry_run: bool, as_json: bool) -> None:
    """Remove what need not be kept any longer: files taken long ago, old releases, logs, caches, rows of Airflow.

    How long each kind is kept, and why, stands in deploy/retention.yaml. What a build, a backup or an audit needs is never
    removed. Exit code 4: something could not be removed; it is named, all else is done.
    """
    settings = Settings.from_environment()
    outcomes = _each(housekeep(settings, Retention.of(settings), _now(), dry_run), dry_run)
    failed = [f"{outcome.kind}: {problem}" for outcome in outcomes for problem in outcome.failed]
    freed = sum(outcome.bytes for outcome in outcomes)
    if as_json:
        kinds = [asdict(outcome) for outcome in outcomes]
        click.echo(
            json.dumps({"dry_run": dry_run, "bytes": freed, "failed": len(failed), "kinds": kinds}, ensure_ascii=False)
        )
    else:
        click.echo(f"{freed} bytes {'would be freed' if dry_run else 'freed'}")
    if failed:
        raise InfrastructureError(
            f"{len(failed)} could not be removed:\n  " + "\n  ".join(failed),
            "mend what is said there, then run it again",
        )


def _each(outcomes: Iterator[Outcome], dry_run: bool) -> list[Outcome]:
    """All outcomes, each told as soon as it is known: the database takes its time."""
    found = []
    for outcome in outcomes:
        click.echo(told(outcome, dry_run), err=True)
        found.append(outcome)
    return found


def _now() -> datetime:
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None)
