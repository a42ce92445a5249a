"""Codes that nothing can use, and rules whose parts do not make the whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from hotline.contracts import load_contracts
from hotline.doctor.registers import VERSIONED
from hotline.doctor.seeds import Finding, Seeds
from hotline.settings import Settings

USED_BY = {
    "code_lists/ticket_statuses.csv": ("code_lists/event_types.csv", "status_after"),
    "code_lists/indicator_units.csv": ("code_lists/indicators.csv", "unit"),
    "code_lists/domain_groups.csv": ("code_lists/domains.csv", "domain_group"),
    "code_lists/domains.csv": ("code_lists/categories.csv", "domain"),
    "code_lists/categories.csv": ("code_lists/subcategories.csv", "category"),
    "calendar/working_calendars.csv": ("calendar/working_periods.csv", "calendar"),
}
"""Register to the column that must name each of its codes: without such a row nothing can ever stand under the code."""


def _unused_codes(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for path, (by, column) in USED_BY.items():
        used = {row[column] for _, row in seeds.rows(by)}
        for line, row in seeds.rows(path):
            if row["code"] not in used:
                yield Finding(
                    path, line, f"nothing can use {row['code']}: no row of {by} has it under {column}",
                    f"add a row with {column} {row['code']} to {by}, or take the code out",
                )  # fmt: skip


def _statements(settings: Settings) -> Iterator[Path]:
    """Files with the statements of models, tests and checks."""
    for folder in ("models", "macros", "tests"):
        yield from (settings.dbt_project / folder).rglob("*.sql")
    yield from (settings.home / "expectations").rglob("*.py")


def _unused_lists(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    columns = [column for contract in load_contracts(settings.contracts).values() for column in contract.columns]
    in_feeds = {name for column in columns for name in (column.code_list, column.folded_by)}
    statements = "".join(path.read_text(encoding="utf-8") for path in _statements(settings))
    for file in sorted((seeds.folder / "code_lists").glob("*.csv")):
        named = (f"ref('{file.stem}')", f"seeds.{file.stem}")
        if file.stem not in in_feeds and not any(name in statements for name in named):
            yield Finding(
                f"code_lists/{file.name}", 1, "no column of a feed, no model and no check uses this list",
                "name it as codeList or foldedBy of a column in contracts/, or remove it",
            )  # fmt: skip


def _twice(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for file in sorted((seeds.folder / "code_lists").glob("*.csv")):
        path, lines = f"code_lists/{file.name}", {}
        for line, row in seeds.rows(path):
            key = (row.get("category", ""), row["code"])
            if path not in VERSIONED and lines.setdefault(key, line) != line:
                yield Finding(
                    path, line, f"{row['code']} stands in line {lines[key]} too: what is filed under it would count twice",
                    "leave one row of each code",
                )  # fmt: skip


def _rulesets(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
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


def _marks(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    """Where every rule of a ruleset says how many marks it gives, they make the full score, and the floors the minimum."""
    rules = [row for _, row in seeds.rows("parameters/score_rules.csv") if not row["valid_to"]]
    for line, row in seeds.rows("parameters/score_rulesets.csv"):
        own = [rule for rule in rules if rule["ruleset"] == row["ruleset"]]
        for column, whole in (("full_marks", "full_score"), ("floor_marks", "minimum_score")):
            marks = [float(rule[column]) for rule in own if rule[column]]
            total = sum(marks)
            if marks and (total > float(row[whole]) or (len(marks) == len(own) and total != float(row[whole]))):
                yield Finding(
                    "parameters/score_rulesets.csv", line,
                    f"{row['ruleset']}: {column} of its rules sum to {total:g}, its {whole} is {row[whole]}",
                    f"mend {column} in parameters/score_rules.csv, or {whole} here",
                )  # fmt: skip


def _age_bands(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    """Every open ticket is in one band: they begin with day 0, each where the one before ends, the last has no end."""
    path = "parameters/backlog_age_bands.csv"
    bands = sorted(seeds.rows(path), key=lambda band: int(band[1]["from_days"]))
    if bands and int(bands[0][1]["from_days"]) != 0:
        yield Finding(path, bands[0][0], "the first band begins after day 0", "let it begin with from_days 0")
    for (_, band), (line, following) in pairwise(bands):
        if band["before_days"] != following["from_days"]:
            yield Finding(
                path, line, f"{band['code']} ends before day {band['before_days'] or 'none'}, {following['code']} begins with "
                f"day {following['from_days']}: tickets between count in no band, or in two",
                f"set before_days of {band['code']} to {following['from_days']}",
            )  # fmt: skip
    if bands and bands[-1][1]["before_days"]:
        yield Finding(path, bands[-1][0], "the last band ends: older tickets count in none", "empty its before_days")


def _working_periods(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    path = "calendar/working_periods.csv"
    periods: dict[tuple[str, str], list[tuple[int, dict[str, str]]]] = {}
    for line, row in seeds.rows(path):
        if row["starts_at"] >= row["ends_at"]:
            yield Finding(path, line, "the period ends before it begins", "set ends_at after starts_at")
        if not row["valid_to"]:
            periods.setdefault((row["calendar"], row["day_type"]), []).append((line, row))
    for (calendar, day), rows in periods.items():
        for (_, earlier), (line, later) in pairwise(sorted(rows, key=lambda entry: entry[1]["starts_at"])):
            if later["starts_at"] < earlier["ends_at"]:
                yield Finding(
                    path, line, f"two periods of {calendar} on day {day} overlap at {later['starts_at']}: it would count twice",
                    f"let it start at {earlier['ends_at']}",
                )  # fmt: skip


CHECKS = (_unused_codes, _unused_lists, _twice, _rulesets, _marks, _age_bands, _working_periods)
