"""How often fabrication is found, and how often honesty is accused: ``python bench/detect [--seeds N] [--kinds K ...] …``.

Each seed × kind × intensity is one synthetic platform with a month of tickets, beside honest ones; fifteen make a province.
All go through ``hotline ingest`` and **one** ``hotline build``, and the province calls a random draw of each platform. Then
``mart_platform_signature`` and ``mart_platform_verdict`` are read: power by kind and intensity, false alarms by signature and
by grade, with exact (Clopper and Pearson) intervals, and what the design asked for beside what was found.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import honest
import numpy as np
import plain
import provinces
import red_team
import report
from rich.console import Console
from rich.progress import Progress

HOME = Path(__file__).resolve().parents[2]


def catalogue() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("kinds.csv").open(encoding="utf-8", newline="") as file:
        return {row["kind"]: row for row in csv.DictReader(file)}


def made(cell: provinces.Cell, complaints: int, families: dict[str, str]) -> honest.Month:
    """The month of one platform: an honest one, of which a share was fabricated."""
    rng = np.random.default_rng([cell.seed, zlib.crc32(cell.kind.encode()), round(10_000 * cell.intensity)])
    month = honest.honest_month(cell.platform, cell.month, complaints, rng)
    if cell.kind != "honest":
        chosen = rng.permutation(month.ordinary)[: round(cell.intensity * complaints)]
        month.is_fabricated[chosen] = True
        getattr({"red_team": red_team, "plain": plain}[families[cell.kind]], cell.kind)(month, np.sort(chosen), rng)
    return month


def simulate(settings, platforms: list[provinces.Cell], options, advance: Callable[[], None]) -> None:
    """Deliver everything, a province after the other."""
    kinds = catalogue() | {"honest": {"family": "", "false_claims": ""}}
    families = {kind: row["family"] for kind, row in kinds.items()}
    for first in sorted({cell.month for cell in platforms}):
        province = {}
        for cell in (cell for cell in platforms if cell.month == first):
            month = made(cell, options.tickets, families)
            provinces.deliver(settings, month)
            province[cell.platform] = month, frozenset(kinds[cell.kind]["false_claims"].split())
            advance()
        provinces.audit(
            settings, province, options.calls, np.random.default_rng([options.seeds, first.year, first.month])
        )


def found(settings) -> tuple[list[dict], list[dict]]:
    """Rows of the signatures and of the verdicts, each of the platform's one month."""
    with duckdb.connect(str(settings.build_database), read_only=True) as connection:
        signatures = connection.execute("""
            select platform_code, signature_code, signature_type, eligible, hits, is_flagged, is_above_limit,
                grade_contribution, reason
            from marts.mart_platform_signature
        """).df()
        verdicts = connection.execute("""
            select platform_code, grade, rule, rules, design, bad, reached, admitted_bad, p_holm, is_contradicted
            from marts.mart_platform_verdict where is_leading
        """).df()
    return signatures.to_dict("records"), verdicts.to_dict("records")


def main() -> None:
    kinds = catalogue()
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20, help="platforms of each kind and intensity")
    parser.add_argument("--tickets", type=int, default=500, help="complaints of a platform's month")
    parser.add_argument(
        "--kinds", nargs="+", choices=list(kinds), default=list(kinds), metavar="KIND", help="of kinds.csv"
    )
    parser.add_argument("--intensities", nargs="+", type=float, default=[1, 3, 5, 10, 20], help="percent fabricated")
    parser.add_argument("--honest", type=int, default=300, help="honest platforms")
    parser.add_argument("--calls", type=int, default=29, help="tickets that the province draws of each platform")
    parser.add_argument("--work", type=Path, help="an empty folder to keep; without it all is removed in the end")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of tables")
    options = parser.parse_args()
    shares = [percent / 100 for percent in options.intensities]
    platforms = provinces.cells(options.kinds, shares, options.seeds, options.honest)
    folder = options.work or Path(tempfile.mkdtemp(prefix="detect-"))
    console, began = Console(stderr=True), time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings = provinces.prepare(folder, HOME, platforms)
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("platforms", total=len(platforms))
            simulate(settings, platforms, options, lambda: bar.advance(task))
        console.print(f"{len(platforms)} platforms delivered after {time.monotonic() - began:.0f} s")
        for step in ("ingest", "build"):
            with console.status(f"hotline {step}"):
                told = json.loads(provinces.run(settings, step, "--json").splitlines()[-1])
            console.print(f"hotline {step} done after {time.monotonic() - began:.0f} s")
            if step == "ingest" and (told.get("rows_quarantined") or told.get("rejected")):
                raise SystemExit(f"what was made does not keep the contracts: {told}")
        summary = report.summary(platforms, *found(settings), kinds)
    finally:
        if not options.work:
            shutil.rmtree(folder, ignore_errors=True)
    size = {"seeds": options.seeds, "tickets": options.tickets, "calls": options.calls, "platforms": len(platforms)}
    if options.json:
        json.dump(size | summary, sys.stdout, ensure_ascii=False)
        print()
    else:
        print(report.as_text(size, summary))


if __name__ == "__main__":
    main()
