"""``hotline ingest`` and ``hotline ledger``."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hotline import contracts
from hotline.contracts import load_contracts, province
from hotline.errors import HotlineError
from hotline.ingest import ledger as ledger_files
from hotline.ingest.landing import Delivery, find_deliveries
from hotline.ingest.load import Loader, prepare
from hotline.ingest.rules import reason_zh
from hotline.settings import Settings
from hotline.text import printable

DAY = click.DateTime(formats=["%Y-%m-%d"])


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--sender", "senders", multiple=True, help="Only this sender's folder; may be given more than once.")
@click.option("--from", "first", type=DAY, help="First delivery day, YYYY-MM-DD.")
@click.option("--to", "last", type=DAY, help="Last delivery day, YYYY-MM-DD.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count(), show_default="processors", help="Files at a time."
)
@click.option("--again", is_flag=True, help="Also files taken before, after a change of contracts or code lists.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def ingest(
    path: Path | None,
    senders: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    jobs: int,
    again: bool,
    as_json: bool,
) -> None:
    """Take delivered files into the raw layer.

    PATH is a landing folder (default: var/landing) laid out as <sender>/<YYYY-MM-DD>/<feed>*.csv. Every path in it is
    answered: a file that was taken before is left alone, one that cannot be taken is recorded with its reason, and the
    others go on. What lies in no sender's folder is answered when all senders or the province's centre are taken.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s")
    settings = Settings.from_environment()
    prepare(settings)
    strays = not senders or province(settings.seeds).code in senders
    landing = path or settings.landing
    _require_known(senders, settings, [folder.name for folder in landing.glob("*") if folder.is_dir()])
    found = list(find_deliveries(landing, list(load_contracts()), list(senders), _day(first), _day(last), strays))
    summary = {
        "files": sum(delivery.day is not None for delivery in found),
        "strays": sum(delivery.day is None for delivery in found),
        "unchanged": 0,
        "rows_in": 0,
        "rows_loaded": 0,
        "rows_quarantined": 0,
        "rejected": [],
    }
    console = Console(stderr=True)
    with (
        ThreadPoolExecutor(max_workers=jobs) as workers,
        Progress(
            TextColumn("ingest"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.description}"), console=console, disable=not console.is_terminal,
        ) as progress,
    ):  # fmt: skip
        task = progress.add_task("", total=len(found))
        own = threading.local()

        def load(delivery: Delivery) -> tuple[Delivery, ledger_files.Entry, bool]:
            if not hasattr(own, "loader"):
                own.loader = Loader(settings, again=again)
            return (delivery, *own.loader.load(delivery))

        # the largest first, so that no processor is left with a long file at the end
        for delivery, entry, is_new in workers.map(load, sorted(found, key=_size, reverse=True)):
            summary["unchanged"] += not is_new
            for count in ("rows_in", "rows_loaded", "rows_quarantined"):
                summary[count] += getattr(entry, count) or 0
            if entry.status != "loaded" and is_new:
                _explain(console, delivery, entry)
            if entry.status == "rejected":
                summary["rejected"].append(ledger_files.safe(delivery.label))
            progress.update(task, advance=1, description=escape(ledger_files.safe(delivery.label)))
    summary["rejected"].sort()
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        click.echo(
            f"{len(found)} files ({summary['unchanged']} known before): {summary['rows_in']} rows in = "
            f"{summary['rows_loaded']} loaded + {summary['rows_quarantined']} quarantined; "
            f"{len(summary['rejected'])} files rejected"
        )


def _size(delivery: Delivery) -> int:
    try:
        return delivery.path.lstat().st_size
    except OSError:
        return 0  # gone since the folder was listed; the loader says so


def _explain(console: Console, delivery: Delivery, entry: ledger_files.Entry) -> None:
    what = entry.message or ", ".join(f"{reason} ×{count}" for reason, count in entry.reasons.items())
    rows = "its rows are not known" if entry.rows_in is None else (
        f"{entry.rows_quarantined} of {entry.rows_in} rows quarantined"
    )  # fmt: skip
    zh = f"\n  {entry.message_zh}" if entry.message_zh else ""
    console.print(
        f"{ledger_files.safe(delivery.label)}: {entry.status}, {rows}\n  {what}{zh}", markup=False, highlight=False
    )


def _require_known(chosen: Iterable[str], settings: Settings, others: Iterable[str]) -> None:
    """A sender that is in no list and has nothing anywhere is a slip of the hand: exit code 2, with the choices."""
    known = contracts.senders(settings.seeds)
    for sender in chosen:
        if sender not in known and sender not in others:
            listed = ", ".join(f"{code} {name}" for code, name in known.items())
            raise click.BadParameter(f"{printable(sender)!r} is no sender; there are: {listed}", param_hint="--sender")


@click.command()
@click.option("--sender", help="Only this sender.")
@click.option("--problems", is_flag=True, help="Only files that were rejected or have quarantined rows.")
@click.option("--history", is_flag=True, help="Every judgement of a file, not only the one that counts.")
def ledger(sender: str | None, problems: bool, history: bool) -> None:
    """List delivered files and what became of their rows."""
    settings = Settings.from_environment()
    everything = list(ledger_files.read(settings.ledger, history=history))
    if not everything:
        raise HotlineError("the ledger is empty", "run `hotline ingest` first")
    if sender:
        _require_known([sender], settings, {entry["platform_code"] for entry in everything})
    entries = [
        entry
        for entry in everything
        if (not sender or entry["platform_code"] == sender)
        and (not problems or entry["rows_quarantined"] or entry["status"] == "rejected")
    ]
    if not entries:
        of = f" of {sender}" if sender else ""
        click.echo(f"no problems in {len(everything)} files{of}" if problems else f"no files{of}")
        return
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("day", "sender", "file", "encoding", "status"):
        table.add_column(title, no_wrap=True)
    for title in ("in", "loaded", "quarantined"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for entry in entries:
        name = entry["path"] if entry["dt"] is None else entry["file_name"]
        why = "\n".join(text.split("\n")[0] for text in (entry["message"], entry["message_zh"]) if text) or "\n".join(
            f"{reason} ×{count} {reason_zh(reason)}" for reason, count in entry["reasons"].items()
        )
        counts = ("rows_in", "rows_loaded", "rows_quarantined")
        table.add_row(
            entry["dt"] or "-", escape(printable(entry["platform_code"] or "-")), escape(printable(name)),
            entry["encoding"], entry["status"], *("?" if entry[count] is None else f"{entry[count]:,}" for count in counts),
            escape(printable(why, keep="\n")),
        )  # fmt: skip
    # piped into a file there is no window to fit into
    Console(width=None if sys.stdout.isatty() else 200).print(table)
