"""The verdicts of a warehouse: rows of ``int_verdict_case`` in, what their checks say out, in the same order.

A frame is one platform's tickets of one period. Platforms whose frames were frozen together (or of which nobody froze one, in
one month) are one family of tests, and whoever else is planned counts with p = 1: a later round of the same month moves no
verdict of the first. Calls about simulated tickets (``calls_origin``) are families and weeks of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from hotline.statistics import plans, weekly
from hotline.statistics.multiplicity import holm
from hotline.statistics.rates import bounds, lenient_good
from hotline.statistics.verdicts import (
    Claim,
    admitted_bad,
    bounds_by_reach,
    call_error,
    clearance,
    confirmed_error,
    p_at_least,
    plainly_admitted,
    tipping_error,
)

RATES = ("callback", "close", "satisfaction")
Case = Mapping[str, Any]


class VerdictEvidence(NamedTuple):
    """Counts are tickets, probabilities and errors fractions of 1; None where there is nothing to say."""

    admitted_bad: int
    """Bad tickets that the report admits at most: its rates together, each read in the platform's favour."""
    contradicted_rates: int
    """Rates of which more bad tickets were found than the report, read plainly, admits to exist."""
    p_literal: float
    """Chance of so many bad ones if the report is true and callers never err."""
    call_error: float
    """Chance that a good ticket counts as bad, as allowed for: of one call, or of two where every bad one is confirmed."""
    p_decide: float
    """The same chance with this error. Tickets that were not reached count as good."""
    p_holm: float
    """``p_decide`` after Holm's correction over the platforms planned."""
    tipping_error: float | None
    """Error of a call from which on the finding in doubt would cease."""
    tipping_error_named: float | None
    """The same of a finding that names the platform among all planned."""
    lower_good: int
    """Exact one-sided lower bound of the good tickets, of those reached."""
    upper_good: int
    """Exact one-sided upper bound of the good tickets, of those reached."""
    lower_if_unreached_bad: int
    """Lower bound if those not reached were bad."""
    lower_if_unreached_good: int
    """Lower bound if they were good."""
    clearance_e: float
    """E-value against "at least the share that would clear is bad"; those not reached and unknown ones count as bad."""
    calls_to_meet: int | None
    """Calls that would meet a bad ticket if that share were bad."""
    own_rates_compared: int
    """Rates that the platform's own feed gives and that it reported."""
    own_rates_below: int
    """Of these, below the report beyond rounding."""
    honest_share: float | None
    """Of a weekly frame: share of bad tickets that its weeks are held against, what the report admits if that is more."""
    week_boundary: float | None
    """Of a weekly frame: share of calls that counts as bad at most when an honest platform is called."""
    e_week: float | None
    """Of a weekly frame: e-value of the week."""
    e_watch: float | None
    """Statistic of Shiryaev and Roberts since the first week."""
    e_year: float | None
    """E-process of the year."""


def judge(cases: Sequence[Case]) -> list[VerdictEvidence]:
    """Evidence of each case. ``cases`` in any order."""
    single = [_evidence(case) for case in cases]
    families: defaultdict[tuple[str, str, date, datetime | None], list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        families[case["calls_origin"], case["kind"], case["month"], case["frozen_at"]].append(index)
    for members in families.values():
        tests = max(len(members), *(cases[index]["planned_platforms"] for index in members))
        adjusted = holm([single[index].p_decide for index in members], tests)
        ranked = sorted(range(len(members)), key=lambda place: single[members[place]].p_decide)
        for rank, place in enumerate(ranked):
            index = members[place]
            single[index] = single[index]._replace(
                p_holm=adjusted[place],
                # Holm's step: the smallest p is held against the whole family, the next against the rest
                tipping_error_named=_tipping(cases[index], single[index], cases[index]["name_alpha"] / (tests - rank)),
            )
    for index, boundary, week in _weeks(cases, single):
        single[index] = single[index]._replace(
            week_boundary=boundary, e_week=week.e_value, e_watch=week.sr, e_year=week.e_year
        )
    return single


def _evidence(case: Case) -> VerdictEvidence:
    population, drawn, reached, bad = (case[name] for name in ("population", "drawn", "reached", "bad"))
    claims = _claims(case)
    withheld = str(case["withheld_rate_percent"])
    admitted = min(population, admitted_bad(claims, withheld))
    error = _error(case)
    if bad and case["bad_confirmed"] == bad:
        error = confirmed_error(error, case["confirmed_error_floor"])
    compared = [
        (claim.text, case[f"{rate}_computed"], case[f"{rate}_counted"])
        for rate, claim in zip(RATES, claims, strict=True)
        if claim.text is not None and case[f"{rate}_counted"]
    ]
    p = p_at_least(bad, population, admitted, drawn, error)
    reach = bounds_by_reach(population, drawn, reached, bad, case["confidence"])
    lower, upper = bounds(population, reached, reached - bad, case["confidence"])
    return VerdictEvidence(
        admitted_bad=admitted,
        contradicted_rates=sum(
            case[f"{rate}_bad"] > plainly_admitted(claim, withheld) for rate, claim in zip(RATES, claims, strict=True)
        ),
        p_literal=p_at_least(bad, population, admitted, drawn, 0),
        call_error=error,
        p_decide=p,
        p_holm=p,
        tipping_error=tipping_error(bad, population, admitted, drawn, case["doubt_alpha"]),
        tipping_error_named=None,
        lower_good=lower,
        upper_good=upper,
        lower_if_unreached_bad=reach.lower_if_bad,
        lower_if_unreached_good=reach.lower_if_good,
        clearance_e=clearance(population, drawn, bad + case["unknown"] + drawn - reached, case["clear_share"]),
        calls_to_meet=plans.to_meet(population, case["clear_share"], case["confidence"]) if population else None,
        own_rates_compared=len(compared),
        own_rates_below=sum(computed < lenient_good(text, counted) for text, computed, counted in compared),
        honest_share=_honest_share(case, admitted) if case["is_weekly"] else None,
        week_boundary=None,
        e_week=None,
        e_watch=None,
        e_year=None,
    )


def _tipping(case: Case, evidence: VerdictEvidence, level: float) -> float | None:
    return tipping_error(case["bad"], case["population"], evidence.admitted_bad, case["drawn"], level)


def _honest_share(case: Case, admitted: int) -> float:
    """What is reported by the month is not said of a week, and is then held to the honest share alone."""
    says_nothing = all(case[f"{rate}_text"] is None for rate in RATES)
    if says_nothing or not case["population"]:
        return float(case["weekly_honest_share"])
    # a boundary of 1 would leave no room for evidence
    return float(min(0.9, max(case["weekly_honest_share"], admitted / case["population"])))


def _error(case: Case) -> float:
    return call_error(
        case["recheck_pairs"] or 0, case["recheck_differing"] or 0, case["single_error"],
        case["single_error_floor"], case["fewest_rechecks"], case["confidence"],
    )  # fmt: skip


def _claims(case: Case) -> list[Claim]:
    """A denominator larger than the frame claims no more than the frame."""
    population = case["population"]
    return [
        Claim(case[f"{rate}_text"], min(population, population if (of := case[f"{rate}_denominator"]) is None else of))
        for rate in RATES
    ]


def _weeks(cases: Sequence[Case], evidence: Sequence[VerdictEvidence]) -> list[tuple[int, float, weekly.Week]]:
    """Weekly frames by place in ``cases``, with what they are held against. A week not drawn as announced says nothing, but passes."""
    platforms: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        if case["is_weekly"]:
            platforms[case["calls_origin"], case["platform_code"]].append(index)
    found: list[tuple[int, float, weekly.Week]] = []
    for members in platforms.values():
        members.sort(key=lambda index: (cases[index]["period_from"], cases[index]["frame_no"]))
        weeks = []
        for case, honest_share in ((cases[index], evidence[index].honest_share) for index in members):
            counts = (case["drawn"], case["bad"]) if case["design"] == "random" else (0, 0)
            if honest_share is None:
                raise ValueError(f"{case['frame_no']} is weekly and held against no share")
            p_honest = weekly.boundary(honest_share, _error(case))
            weeks.append((case["period_from"].year, *counts, p_honest))
        path = weekly.path(weeks, cases[members[0]]["weeks_a_year"])
        found += zip(members, (p_honest for *_, p_honest in weeks), path, strict=True)
    return found
