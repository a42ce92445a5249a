"""How many calls: for one population, for all platforms of a month, and a week within the callers' budget."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.statistics import plans
from hotline.statistics.verdicts import critical_bad

TABLE_CALLS = (4, 12, 29, 59)
"""Sizes of the table of power: one visit, a month of weekly checks, a sample that meets a tenth, one that names."""
TABLE_SHARES = (5, 10, 20, 30, 50, 75)


@dataclass(frozen=True)
class Assumptions:
    """What the sizes rest on. Shares and probabilities are fractions of 1."""

    share: float
    """Share of bad tickets that is to be found."""
    error: float
    """Chance that a call takes a good ticket for a bad one, as it is allowed for."""
    reach: float
    """Share of the drawn callers who are reached in the end."""
    platforms: int
    """Platforms planned together: naming one of them is corrected for all."""
    alpha: float
    """Family-wise level at which a platform is named."""
    confidence: float
    """With what probability a sample is to meet a bad ticket."""
    power: float
    """With what probability a sample is to name the platform."""

    @property
    def level(self) -> float:
        """Level of one test among all planned."""
        return self.alpha / self.platforms


@dataclass(frozen=True)
class Need:
    """Calls, in tickets. None: not even calls to all tickets would do."""

    population: int
    meet: int
    """Reached tickets that meet a bad one."""
    name: int | None
    """Fewest reached tickets that name the platform; a few more may do worse, for the power is a saw-tooth."""
    name_for_good: int | None
    """From this size on every size names it."""
    drawn: int
    """Tickets to draw so that ``meet`` are reached."""
    drawn_to_name: int | None
    """Tickets to draw so that ``name_for_good`` are reached."""


def need(population: int, assumed: Assumptions) -> Need:
    """Sizes for a frame of ``population`` tickets that its platform reports as 100.00 % good.

    Raises ValueError for an empty population: there is nothing to meet.
    """
    meet = plans.to_meet(population, assumed.share, assumed.confidence)
    name = plans.to_name(population, assumed.share, assumed.error, assumed.level, assumed.power)
    return Need(
        population=population,
        meet=meet,
        name=name.first,
        name_for_good=name.for_good,
        drawn=_drawn(meet, population, assumed),
        drawn_to_name=None if name.for_good is None else _drawn(name.for_good, population, assumed),
    )


def _drawn(calls: int, population: int, assumed: Assumptions) -> int:
    return min(population, plans.drawn_for(calls, assumed.reach))


@dataclass(frozen=True)
class Power:
    """What a sample of ``calls`` can do; callers make no error, ``error`` is only allowed for."""

    calls: int
    bad_needed: int | None
    """Bad tickets from which the platform is named; None: not even if all are bad."""
    named: dict[int, float]
    """Share of bad tickets, percent, to the chance that the platform is named."""


def power_table(population: int, assumed: Assumptions) -> list[Power]:
    """For the sizes of the table that the population holds."""
    return [
        Power(
            calls,
            critical_bad(population, 0, calls, assumed.error, assumed.level),
            {
                share: plans.power(
                    population, 0, plans.bad_tickets(population, share / 100), calls, assumed.error, assumed.level
                )
                for share in TABLE_SHARES
            },
        )
        for calls in TABLE_CALLS
        if calls <= population
    ]


def weekly(populations: dict[str, int], budget: int) -> dict[str, int]:
    """A week's calls a platform: the same for each as far as its tickets go, what is left to those with most tickets.

    >>> weekly({"a": 400, "b": 2, "c": 300}, 11)
    {'a': 5, 'b': 2, 'c': 4}
    """
    calls = dict.fromkeys(populations, 0)
    left = min(budget, sum(populations.values()))
    while left:
        for code in sorted(populations, key=lambda code: (-populations[code], code)):
            if left and calls[code] < populations[code]:
                calls[code] += 1
                left -= 1
    return calls
