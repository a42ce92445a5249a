"""``hotline doctor``: hold the registers and parameters against each other, before a build meets what they lack.

Each finding names the file, the line (of the header when a row is missing) and the row to add or to mend. Seeds are read
as text: nothing is built, and the warehouse file is not needed.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import click

from hotline.contracts import load_contracts, normalise
from hotline.errors import HotlineError
from hotline.settings import Settings

EXIT_FINDINGS = 3
NO_END = "9999-12-31"
VERSIONED = {
    "parameters/platform_population.csv": ("platform_code",),
    "parameters/platform_obligations.csv": ("platform_code", "delivery_frequency"),
    "parameters/time_limits.csv": ("limited_step", "platform_code", "business_type", "complexity"),
    "parameters/indicator_parameters.csv": (),
    "parameters/integrity_parameters.csv": (),
    "parameters/score_rules.csv": ("ruleset", "indicator_code"),
    "parameters/topic_league_rules.csv": (),
    "parameters/topic_spot_rules.csv": (),
    "parameters/topic_rise_rules.csv": ("period_kind",),
}
"""Seeds with validity, and what must have one row at a time in each."""
REFERENCES = {
    ("parameters/platform_population.csv", "platform_code"): "code_lists/platforms.csv",
    ("parameters/platform_obligations.csv", "platform_code"): "code_lists/platforms.csv",
    ("parameters/time_limits.csv", "business_type"): "code_lists/business_types.csv",
    ("parameters/time_limits.csv", "complexity"): "code_lists/complexities.csv",
    ("parameters/score_rules.csv", "indicator_code"): "code_lists/indicators.csv",
    ("parameters/audit_caps.csv", "indicator_code"): "code_lists/indicators.csv",
    ("code_lists/categories.csv", "domain"): "code_lists/domains.csv",
    ("code_lists/domains.csv", "domain_group"): "code_lists/domain_groups.csv",
    ("code_lists/subcategories.csv", "category"): "code_lists/categories.csv",
    ("code_lists/event_types.csv", "status_after"): "code_lists/ticket_statuses.csv",
    ("code_lists/indicators.csv", "unit"): "code_lists/indicator_units.csv",
}


@dataclass(frozen=True)
class Finding:
    """What does not fit, where, and which row would mend it."""

    file: str
    line: int
    problem: str
    remedy: str


class Seeds:
    """Rows of the seeds by path below ``dbt/seeds``, each with its line in the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, path: str) -> list[tuple[int, dict[str, str]]]:
        """``(line, row)`` of a seed.

        Raises
        ------
        HotlineError: the file is missing.
        """
        file = self.folder / path
        if not file.exists():
            raise HotlineError(f"{file} is missing", "restore it from the project: every register must be there")
        with file.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            return [(reader.line_num, row) for row in reader]

    def codes(self, path: str) -> set[str]:
        return {row["code"] for _, row in self.rows(path)}


def findings(settings: Settings) -> list[Finding]:
    """All that does not fit, in the order of the checks; empty when everything does."""
    seeds = Seeds(settings.seeds)
    checks = (_platforms, _validity, _references, _aliases, _calendar, _rules, _code_lists)
    return [finding for check in checks for finding in check(seeds, settings)]


def _platforms(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    platforms = seeds.rows("code_lists/platforms.csv")
    prefixes: dict[str, str] = {}
    people = {row["platform_code"] for _, row in seeds.rows("parameters/platform_population.csv")}
    owes = {
        (row["platform_code"], row["delivery_frequency"])
        for _, row in seeds.rows("parameters/platform_obligations.csv")
    }
    limits = [row for _, row in seeds.rows("parameters/time_limits.csv") if row["limited_step"] == "close"]
    for line, row in platforms:
        code, prefix = row["code"], row["ticket_prefix"]
        here = ("code_lists/platforms.csv", line)
        if len(prefix) != 6 or not prefix.isdigit():
            yield Finding(
                *here, f"{code} has no ticket prefix of 6 digits", "give the digits after JT in ticket_prefix"
            )
        elif prefix in prefixes:
            yield Finding(*here, f"{code} has the ticket prefix of {prefixes[prefix]}", "give each platform its own")
        prefixes.setdefault(prefix, code)
        if row["platform_kind"] == "city" and code not in people:
            yield Finding(
                "parameters/platform_population.csv",
                1,
                f"city {code} has no population",
                f"add a row: {code},<population in 10 000>,<source>,<valid_from>,",
            )
        for frequency in ("daily", "monthly"):
            if (code, frequency) not in owes:
                yield Finding(
                    "parameters/platform_obligations.csv",
                    1,
                    f"{code} owes no {frequency} feeds",
                    f"add a row: {code},{frequency},{frequency},,<valid_from>,,<note>",
                )
        if not any(limit["platform_code"] in {"", code} for limit in limits):
            yield Finding(
                "parameters/time_limits.csv", 1, f"no time limit holds for {code}", "add a row for it, or one for all"
            )
    if len(seeds.rows("parameters/provinces.csv")) != 1:
        yield Finding("parameters/provinces.csv", 1, "not exactly one province", "leave the row of this installation")


def _validity(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for path, key in VERSIONED.items():
        versions: dict[tuple, list[tuple[int, dict[str, str]]]] = {}
        for line, row in seeds.rows(path):
            versions.setdefault(tuple(row[name] for name in key), []).append((line, row))
            if row["valid_to"] and row["valid_to"] <= row["valid_from"]:
                yield Finding(path, line, "the row ends before it begins", "set valid_to after valid_from, or empty it")
        for of, rows in versions.items():
            for (_, earlier), (line, later) in combinations(sorted(rows, key=lambda r: r[1]["valid_from"]), 2):
                if later["valid_from"] < (earlier["valid_to"] or NO_END):
                    yield Finding(
                        path,
                        line,
                        f"two rows of {'/'.join(of) or 'the parameters'} hold at once from {later['valid_from']}",
                        f"set valid_to of the earlier one to {later['valid_from']}",
                    )


def _references(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for (path, column), target in REFERENCES.items():
        known = seeds.codes(target)
        for line, row in seeds.rows(path):
            if row[column] and row[column] not in known:
                yield Finding(
                    path, line, f"{column} {row[column]} is not in {target}", f"add it to {target}, or mend it"
                )


def _aliases(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for file in sorted((seeds.folder / "code_lists").glob("*.csv")):
        path, meant = f"code_lists/{file.name}", {}
        for line, row in seeds.rows(path):
            for text in {normalise(t) for t in (row["code"], row["name_zh"], *row["aliases"].split("|")) if t}:
                scope = (row.get("category", ""), text)
                if meant.setdefault(scope, row["code"]) != row["code"]:
                    yield Finding(
                        path, line, f"“{text}” stands for {meant[scope]} and {row['code']}", "leave it with one of them"
                    )


def _calendar(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    path = "calendar/state_council_days.csv"
    line, last = max(((line, row["date_day"]) for line, row in seeds.rows(path)), key=lambda pair: pair[1])
    days = [date.fromisoformat(entry.name[3:]) for entry in settings.ledger.glob("dt=*")]
    if days and max(days).year > int(last[:4]):
        yield Finding(
            path, line, f"the calendar ends in {last[:4]}, deliveries reach {max(days)}", "add the notice of that year"
        )


def _rules(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    path = "parameters/score_rulesets.csv"
    rulesets = seeds.rows(path)
    ruled = {row["ruleset"] for _, row in seeds.rows("parameters/score_rules.csv")}
    for line, row in rulesets:
        if row["ruleset"] not in ruled:
            yield Finding(
                path, line, f"ruleset {row['ruleset']} has no rules", "add them to parameters/score_rules.csv"
            )
        if float(row["minimum_score"]) > float(row["full_score"]):
            yield Finding(path, line, f"{row['ruleset']}: the minimum is above the full score", "mend one of them")
    known = {row["ruleset"] for _, row in rulesets}
    for line, row in seeds.rows("parameters/score_rules.csv"):
        if row["ruleset"] not in known:
            yield Finding("parameters/score_rules.csv", line, f"unknown ruleset {row['ruleset']}", f"add it to {path}")


def _code_lists(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for contract in load_contracts(settings.contracts).values():
        for column in contract.columns:
            if column.code_list and not (seeds.folder / "code_lists" / f"{column.code_list}.csv").exists():
                yield Finding(
                    f"code_lists/{column.code_list}.csv", 1, f"{contract.feed}.{column.name} needs it", "add the list"
                )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a finding.")
def command(as_json: bool) -> None:
    """Hold registers, parameters and contracts against each other and name what is missing.

    Exit code 3: something does not fit; each finding names file, line and the row that would mend it.
    """
    found = findings(Settings.from_environment())
    for finding in found:
        place = f"dbt/seeds/{finding.file}:{finding.line}"
        click.echo(
            json.dumps(asdict(finding), ensure_ascii=False)
            if as_json
            else f"{place}: {finding.problem}\n  remedy: {finding.remedy}"
        )
    if not as_json:
        click.echo(f"{len(found)} findings" if found else "registers, parameters and contracts fit together")
    sys.exit(EXIT_FINDINGS if found else 0)
