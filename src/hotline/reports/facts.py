"""What a report of an audit says, read from the published warehouse: nothing is computed that a mart does not hold, but what
would clear a platform."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from hotline.audit import rounds, verify
from hotline.audit.parameters import holding
from hotline.contracts import load_code_list
from hotline.errors import HotlineError, WrongRequest
from hotline.result import opened
from hotline.settings import Settings
from hotline.text import printable

Row = dict[str, Any]
RATES = {"callback": "回访率", "close": "办结率", "satisfaction": "满意率"}
FLAGGED = ("A", "B", "C")
"""First letters of the grades that get a page of their own."""

VERDICTS = """
select verdicts.*, grades.sort_order from marts.mart_platform_verdict as verdicts
left join seeds.verdict_grades as grades on verdicts.grade = grades.code
where kind = $kind and period_from = $first and not is_running
order by grades.sort_order, p_decide, platform_code, frame_no
"""
RATE_ROWS = "select * from marts.mart_rate_integrity where list_contains($frames, frame_no)"
RESULTS = """
select results.*, nullif(numbering.code, results.platform_code) as handed_over_from
from marts.mart_spot_check_result as results
left join (select ticket_prefix, max(code) as code from seeds.platforms group by ticket_prefix) as numbering
    on numbering.ticket_prefix = substr(results.ticket_no, 3, 6)
where list_contains($frames, frame_no)
order by frame_no, is_bad desc, draw_position nulls last, ticket_key
"""
FRAMES = "select * from marts.mart_spot_check_frame where list_contains($frames, frame_no)"
ADJUDICATED = """
select count(*) as adjudicated, count(*) filter (where adjudication_name = $withdrawn) as withdrawn
from marts.mart_spot_check_result
where year(month) = $year and adjudication_name is not null and not is_running
"""
PERIODS = "select distinct kind, period_from from marts.mart_platform_verdict where not is_running order by all"
DELIVERED = "select max(delivery_day) from marts.fct_feed_delivery"


@dataclass(frozen=True)
class Platform:
    """One platform's frame of the period."""

    verdict: Row
    """Row of ``mart_platform_verdict`` that leads: basis ``simulated`` only where calls were about simulated tickets."""
    simulated: Row | None
    """The same of simulated tickets, which judge nobody; None where tickets are real."""
    frame: Row | None
    """Row of ``mart_spot_check_frame``; None where nobody recorded the draw."""
    rates: dict[str, Row] = field(default_factory=dict)
    """Rows of ``mart_rate_integrity`` by rate."""
    results: list[Row] = field(default_factory=list)
    """Rows of ``mart_spot_check_result``, bad ones first, with the platform that numbered the ticket if it is another."""
    more_to_clear: int | None = None
    """See ``more_to_clear``; None: not even all tickets would do."""
    has_others: bool = False
    """Further frames of the same platform and period are reported: a second round."""

    @property
    def name(self) -> str:
        """Name of the platform, with the frame where it has more than one, and marked where nobody real was called."""
        name = self.verdict["platform_name"]
        if self.has_others:
            name = f"{name}（{self.verdict['frame_no']}）"
        return f"{name}（模拟）" if self.is_simulated else name

    @property
    def is_simulated(self) -> bool:
        """Whether the verdict itself rests on simulated tickets, and judges nobody."""
        return self.verdict["basis"] == "simulated"

    @property
    def is_flagged(self) -> bool:
        return self.verdict["grade"][0] in FLAGGED

    @property
    def bad(self) -> list[Row]:
        return [row for row in self.results if row["is_bad"] and not row["is_outside"]]

    @property
    def unanswered(self) -> list[Row]:
        """Bad tickets with a number of which the platform itself has sent no statement."""
        return [row for row in self.bad if row["ticket_no"] and not row["replied_on"]]


@dataclass(frozen=True)
class Audit:
    """All that the report of one period says."""

    name: str
    """The period as the command names it: ``2024-09``, ``2024-W42``."""
    kind: str
    first: date
    platforms: list[Platform]
    """Gravest grade first."""
    delivered_until: date
    published: str
    """Name of the release."""
    parameters: Row
    confidence: float
    grades: dict[str, str]
    """Code to name, gravest first."""
    adjudicated: Row
    """``adjudicated`` and ``withdrawn`` tickets of the year."""

    @property
    def flagged(self) -> list[Platform]:
        return [platform for platform in self.platforms if platform.is_flagged]

    @property
    def is_simulated(self) -> bool:
        """Whether any verdict of the period rests on simulated tickets."""
        return any(platform.is_simulated for platform in self.platforms)

    def of_grade(self, letter: str) -> list[Platform]:
        return [platform for platform in self.platforms if platform.verdict["grade"].startswith(letter)]


def audit(settings: Settings, name: str) -> Audit:
    """The facts of a month or a week.

    Raises
    ------
    HotlineError: nothing is published, or nothing was checked in the period; names those that were.
    """
    kind, first, _ = rounds.period(name)
    path = settings.published_database
    if not path.exists():
        raise HotlineError(f"nothing is published at {path}", "run the pipeline first: `hotline publish`")
    with opened(path, settings.seeds) as connection:
        verdicts = rows(connection, VERDICTS, kind=kind, first=first)
        if not verdicts:
            there = [period_name(*period) for period in connection.execute(PERIODS).fetchall()]
            raise WrongRequest(
                f"nothing was checked in {name}", f"there are: {', '.join(filter(None, there)) or 'none'}"
            )
        frames = sorted({row["frame_no"] for row in verdicts})
        parts = {part: rows(connection, query, frames=frames) for part, query in
                 (("rates", RATE_ROWS), ("results", RESULTS), ("frames", FRAMES))}  # fmt: skip
        (adjudicated,) = rows(connection, ADJUDICATED, year=first.year, withdrawn="撤销")
        (delivered_until,) = connection.execute(DELIVERED).fetchone()
    folder = settings.seeds / "parameters"
    parameters = holding(folder / "verdict_parameters.csv", first)
    confidence = float(holding(folder / "integrity_parameters.csv", first)["confidence"])
    simulated = {row["frame_no"]: row for row in verdicts if row["basis"] == "simulated"}
    frames_of = Counter(row["platform_code"] for row in verdicts if row["is_leading"])
    platforms = [
        Platform(
            verdict=row,
            simulated=simulated.get(row["frame_no"]),
            frame=next((frame for frame in parts["frames"] if frame["frame_no"] == row["frame_no"]), None),
            rates={rate["rate"]: rate for rate in parts["rates"] if rate["frame_no"] == row["frame_no"]},
            results=[result for result in parts["results"] if result["frame_no"] == row["frame_no"]],
            more_to_clear=more_to_clear(row, float(parameters["clear_share"]), float(parameters["clear_e_value"])),
            has_others=frames_of[row["platform_code"]] > 1,
        )
        for row in verdicts
        if row["is_leading"]
    ]
    grades = load_code_list("verdict_grades", settings.seeds).names
    return Audit(
        name=name, kind=kind, first=first, platforms=platforms, delivered_until=delivered_until,
        published=path.resolve().parent.name, parameters=parameters, confidence=confidence, grades=grades,
        adjudicated=adjudicated,
    )  # fmt: skip


def rows(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> list[Row]:
    """Rows by column. What others wrote is made safe to show: one sign that no document takes would end the report."""
    found = connection.execute(query, values)
    names = [column[0] for column in found.description]
    return [
        {name: printable(value) if isinstance(value, str) else value for name, value in zip(names, row, strict=True)}
        for row in found.fetchall()
    ]


def more_to_clear(verdict: Row, share: float, e_value: float) -> int | None:
    """Further tickets, all reached and good, after which the e-value against "at least ``share`` is bad" reaches ``e_value``.

    Of a draw that nobody can check none of its calls clears anybody: then of a new one.
    """
    drawn, population = verdict["drawn"], verdict["population"]
    missing = verdict["bad"] + verdict["unknown"] + drawn - verdict["reached"]
    if verdict["design"] != "random":
        drawn = missing = 0
    enough = (n for n in range(drawn, population + 1) if verify.clearance(population, n, missing, share) >= e_value)
    return next((n - drawn for n in enough), None)


def period_name(kind: str, first: date | datetime) -> str | None:
    """How ``--month`` or ``--week`` names a period; None for a kind that has no report of its own."""
    match kind:
        case "monthly":
            return f"{first:%Y-%m}"
        case "weekly":
            return f"{first:%G-W%V}"
    return None
