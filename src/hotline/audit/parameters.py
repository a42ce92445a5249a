"""Definitions that a plan starts from: seeds with validity, read without a warehouse."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hotline.errors import HotlineError
from hotline.validity import holds_on


@dataclass(frozen=True)
class Parameters:
    """What holds on one day. Shares and probabilities are fractions of 1."""

    platforms: dict[str, str]
    """Platforms in force, code to name: the family over which a platform is named."""
    share_to_find: float
    meet_confidence: float
    name_power: float
    expected_reach: float
    calls_a_week: int
    recheck_share: float
    name_alpha: float
    single_error: float


def parameters_on(day: date, seeds: Path) -> Parameters:
    """Raises HotlineError when a seed has no row that holds on ``day``."""
    audit = holding(seeds / "parameters" / "audit_parameters.csv", day)
    verdict = holding(seeds / "parameters" / "verdict_parameters.csv", day)
    platforms = rows_on(seeds / "code_lists" / "platforms.csv", day)
    return Parameters(
        platforms={row["code"]: row["name_zh"] for row in platforms},
        share_to_find=float(audit["share_to_find"]),
        meet_confidence=float(audit["meet_confidence"]),
        name_power=float(audit["name_power"]),
        expected_reach=float(audit["expected_reach"]),
        calls_a_week=int(audit["calls_a_week"]),
        recheck_share=float(audit["recheck_share"]),
        name_alpha=float(verdict["name_alpha"]),
        single_error=float(verdict["single_error"]),
    )


def rows_on(path: Path, day: date) -> list[dict[str, str]]:
    """Rows of a seed that hold on ``day``, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if holds_on(row, day)]


def holding(path: Path, day: date) -> dict[str, str]:
    """The one row of a seed that holds on ``day``. Raises HotlineError when there is none, or more than one."""
    rows = rows_on(path, day)
    if len(rows) != 1:
        raise HotlineError(f"{path.name} has {len(rows)} rows that hold on {day}", "let exactly one hold on each day")
    return rows[0]
