"""Registers against registers: what a platform needs, what must hold at one time only, what must be known elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from hotline.contracts import load_contracts, normalise
from hotline.doctor.seeds import Finding, Seeds
from hotline.settings import Settings
from hotline.validity import holds_on

VERSIONED = {
    "code_lists/platforms.csv": ("code",),
    "code_lists/indicators.csv": ("code",),
    "calendar/working_periods.csv": ("calendar", "day_type", "starts_at"),
    "parameters/platform_population.csv": ("platform_code",),
    "parameters/platform_obligations.csv": ("platform_code", "delivery_frequency"),
    "parameters/time_limits.csv": ("limited_step", "platform_code", "business_type", "complexity"),
    "parameters/indicator_parameters.csv": (),
    "parameters/integrity_parameters.csv": (),
    "parameters/verdict_parameters.csv": (),
    "parameters/verdict_rules.csv": ("rule",),
    "parameters/audit_parameters.csv": (),
    "parameters/text_rules.csv": ("topic",),
    "parameters/approved_texts.csv": ("code",),
    "parameters/signatures.csv": ("code",),
    "parameters/signature_limits.csv": ("signature",),
    "parameters/signature_lists.csv": ("list_code", "platform_code", "code"),
    "parameters/signature_parameters.csv": (),
    "parameters/score_rules.csv": ("ruleset", "indicator_code"),
    "parameters/topic_league_rules.csv": (),
    "parameters/topic_spot_rules.csv": (),
    "parameters/topic_rise_rules.csv": ("period_kind",),
    "parameters/topic_populations.csv": ("topic", "business_type"),
    "parameters/category_versions.csv": ("category",),
    "parameters/control_rules.csv": (),
    "parameters/rejected_row_limits.csv": (),
    "parameters/ticket_stages.csv": ("code",),
}
"""Seeds with validity, and what must have one row at a time in each."""
REFERENCES = {
    ("parameters/platform_population.csv", "platform_code"): "code_lists/platforms.csv",
    ("parameters/platform_obligations.csv", "platform_code"): "code_lists/platforms.csv",
    ("parameters/time_limits.csv", "business_type"): "code_lists/business_types.csv",
    ("parameters/time_limits.csv", "complexity"): "code_lists/complexities.csv",
    ("parameters/time_limits.csv", "calendar"): "calendar/working_calendars.csv",
    ("parameters/time_limit_extensions.csv", "time_limit_code"): "parameters/time_limits.csv",
    ("parameters/topic_populations.csv", "business_type"): "code_lists/business_types.csv",
    ("parameters/category_versions.csv", "category"): "code_lists/categories.csv",
    ("parameters/category_versions.csv", "domain"): "code_lists/domains.csv",
    ("calendar/working_periods.csv", "calendar"): "calendar/working_calendars.csv",
    ("parameters/score_rules.csv", "indicator_code"): "code_lists/indicators.csv",
    ("parameters/audit_caps.csv", "indicator_code"): "code_lists/indicators.csv",
    ("parameters/signatures.csv", "signature_type"): "code_lists/signature_types.csv",
    ("parameters/signature_limits.csv", "signature"): "parameters/signatures.csv",
    ("parameters/signature_lists.csv", "platform_code"): "code_lists/platforms.csv",
    ("parameters/verdict_rules.csv", "grade"): "code_lists/verdict_grades.csv",
    ("parameters/ticket_stages.csv", "status"): "code_lists/ticket_statuses.csv",
    ("code_lists/categories.csv", "domain"): "code_lists/domains.csv",
    ("code_lists/domains.csv", "domain_group"): "code_lists/domain_groups.csv",
    ("code_lists/subcategories.csv", "category"): "code_lists/categories.csv",
    ("code_lists/event_types.csv", "status_after"): "code_lists/ticket_statuses.csv",
    ("code_lists/indicators.csv", "unit"): "code_lists/indicator_units.csv",
}


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
        elif prefixes.get(prefix, code) != code:
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
                if holds_on(earlier, date.fromisoformat(later["valid_from"])):
                    yield Finding(
                        path,
                        line,
                        f"two rows of {'/'.join(of) or 'the parameters'} hold at once from {later['valid_from']}",
                        f"set valid_to of the earlier one to {later['valid_from']}",
                    )


def _references(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for (path, column), target in REFERENCES.items():
        known, unknown = seeds.codes(target), {}
        for line, row in seeds.rows(path):
            if row[column] and row[column] not in known:
                unknown.setdefault(row[column], []).append(line)
        for code, lines in unknown.items():
            more = f" (in {len(lines)} rows, to line {lines[-1]})" if len(lines) > 1 else ""
            yield Finding(
                path, lines[0], f"{column} {code} is not in {target}{more}",
                f"add it to {target}, mend it, or take its rows out",
            )  # fmt: skip


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
    days_known = ((line, row["date_day"]) for line, row in seeds.rows(path))
    line, last = max(days_known, key=lambda pair: pair[1], default=(1, "0000"))
    days = [date.fromisoformat(entry.name[3:]) for entry in settings.ledger.glob("dt=*")]
    if days and max(days).year > int(last[:4]):
        yield Finding(
            path, line, f"the calendar ends in {last[:4]}, deliveries reach {max(days)}", "add the notice of that year"
        )


def _code_lists(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    for contract in load_contracts(settings.contracts).values():
        for column in contract.columns:
            if column.code_list and not (seeds.folder / "code_lists" / f"{column.code_list}.csv").exists():
                yield Finding(
                    f"code_lists/{column.code_list}.csv", 1, f"{contract.feed}.{column.name} needs it", "add the list"
                )


CHECKS = (_platforms, _validity, _references, _aliases, _calendar, _code_lists)
