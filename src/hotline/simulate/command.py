"""``hotline simulate``."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hotline import origin
from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.simulate.generate import Request, parse_months, run

DEFAULT_MONTHS = "2023-09,2024-08,2024-09"
DEFAULT_SEED = 12328


@click.command("simulate")
@click.option("--months", default=DEFAULT_MONTHS, show_default=True, help="Months, also ranges: 2024-01..2024-12.")
@click.option("--scale", default=1.0, show_default=True, help="Multiplies all counts.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--delivery",
    type=click.Choice(["monthly", "daily"]),
    default="monthly",
    show_default=True,
    help="One file a month, or files every day for the day before.",
)
@click.option(
    "--corrections/--no-corrections",
    default=None,
    help="Some rows come late, are corrected, repeated or deleted.  [default: with daily delivery]",
)
@click.option("--landing", type=click.Path(path_type=Path), help="Landing folder.  [default: var/landing]")
@click.option("--truth", type=click.Path(path_type=Path), help="What was fabricated.  [default: var/simulation]")
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def command(
    months: str,
    scale: float,
    seed: int,
    delivery: str,
    corrections: bool | None,
    landing: Path | None,
    truth: Path | None,
    as_json: bool,
) -> None:
    """Write simulated ticket feeds into the landing folder.

    September 2024 has exactly the ticket counts that Liaoning published; August 2024 and September 2023 follow from
    the published growth rates. Texts, people and companies are invented.
    """
    if not scale > 0 or seed < 0:
        raise HotlineError("--scale must be above 0 and --seed not below", "for example --scale 0.01 --seed 1")
    settings = Settings.from_environment()
    landing, truth = landing or settings.landing, truth or settings.var / "simulation"
    if landing.resolve() == settings.landing.resolve() and origin.of_installation() == origin.REAL:
        raise HotlineError(
            "this installation says that its records are real (HOTLINE_ORIGIN=real): nothing is simulated into its landing folder",
            "give another folder with --landing, or simulate in an installation of its own",
        )
    corrections = delivery == "daily" if corrections is None else corrections
    request = Request(parse_months(months), scale, seed, delivery, corrections)
    console = Console(stderr=True)
    started = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("simulated tickets", total=None)
        outcome = run(request, landing, truth, settings, lambda count: bar.advance(task, count))
    if as_json:
        click.echo(json.dumps({"months": list(request.months), **asdict(outcome)}))
        return
    done = "already there" if outcome.skipped else f"written in {time.monotonic() - started:.0f} s"
    click.echo(
        f"{outcome.tickets:,} tickets, {outcome.rows:,} rows in {outcome.files} files "
        f"({outcome.size_bytes / 1e6:,.0f} MB): {done}"
    )
