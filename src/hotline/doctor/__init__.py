"""``hotline doctor``: hold the registers and parameters against each other, before a build meets what they lack.

Each finding names the file, the line (of the header when a row is missing) and the row to add or to mend. Seeds are read
as text: nothing is built, and the warehouse file is not needed. Beside them stands when the disks will be full.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from hotline.arrivals import now
from hotline.doctor import disk, registers, rules, shape
from hotline.doctor.seeds import Finding, Seeds
from hotline.housekeep.retention import Retention
from hotline.settings import Settings

EXIT_FINDINGS = 3


def findings(settings: Settings) -> list[Finding]:
    """All that does not fit, in the order of the checks; empty when everything does. A seed that cannot be read as its
    description promises is named before anything is held against it."""
    seeds = Seeds(settings.seeds)
    checks = (shape.without_rows, *registers.CHECKS, *rules.CHECKS)
    return shape.findings(seeds, settings) or [finding for check in checks for finding in check(seeds, settings)]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a finding, then one a disk.")
def command(as_json: bool) -> None:
    """Hold registers, parameters and contracts against each other and name what is missing; say when a disk will be full.

    Exit code 3: something does not fit; each finding names file, line and the row that would mend it. A disk that fills
    soon is a warning.
    """
    settings = Settings.from_environment()
    limits = Retention.of(settings).forecast
    found = findings(settings)
    for finding in found:
        place = f"dbt/seeds/{finding.file}:{finding.line}"
        click.echo(
            json.dumps(asdict(finding), ensure_ascii=False)
            if as_json
            else f"{place}: {finding.problem}\n  remedy: {finding.remedy}"
        )
    if not as_json:
        click.echo(f"{len(found)} findings" if found else "registers, parameters and contracts fit together")
    for each in disk.disks(settings, limits, now().date()):
        click.echo(json.dumps({"disk": asdict(each)}) if as_json else each.told(limits))
        if each.days_left is not None and each.days_left < limits.warn_below_days:
            click.secho(
                f"warning: the disk of {', '.join(each.folders)} is full in {each.days_left} days at this pace\n"
                "  remedy: `hotline housekeep --dry-run` says what could go; else a larger disk in time "
                "(docs/operations/housekeeping.md)",
                fg="yellow",
                err=True,
            )
    sys.exit(EXIT_FINDINGS if found else 0)
