"""How many calls it takes: to meet at least one bad ticket, and to name a platform.

Counts are tickets, shares and probabilities fractions of 1. All functions are pure.

Sources
-------
Discovery sampling: J. Wright, *Exact Confidence Bounds when Sampling from Small Finite Universes*, Springer 1991. Naming: the
test of ``hotline.statistics.verdicts``.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np
from scipy.stats import binom, hypergeom

from hotline.statistics.verdicts import critical_bad


class ToName(NamedTuple):
    """Calls that name a platform: the power is a saw-tooth, so there is a first size and one from which it holds for good."""

    first: int | None
    for_good: int | None


def bad_tickets(population: int, share: float) -> int:
    """Tickets that a share stands for, rounded up.

    >>> bad_tickets(441, 0.1)
    45
    """
    return ceil(round(share * population, 9))


def to_meet(population: int, share: float, confidence: float = 0.95) -> int:
    """Fewest calls that meet a bad ticket with ``confidence`` when ``share`` of the population is bad.

    .. math:: \\binom{N - B}{n} / \\binom{N}{n} \\le 1 - \\gamma

    >>> [to_meet(n, 0.1) for n in (77, 441, 2843)]
    [23, 27, 29]
    """
    bad = bad_tickets(population, share)
    if not bad:
        raise ValueError("there is nothing to meet: no ticket is bad")
    missed, calls = 1.0, 0
    while missed > 1 - confidence + 1e-12:
        missed *= (population - bad - calls) / (population - calls)
        calls += 1
    return calls


def power(population: int, admitted: int, bad: int, sampled: int, error: float, level: float) -> float:
    """Chance to name a platform with ``bad`` bad tickets; callers make no error, ``error`` is only allowed for.

    >>> round(power(441, 0, 89, 29, 0.02, 0.025 / 15), 2)
    0.73
    """
    critical = critical_bad(population, admitted, sampled, error, level)
    return 0.0 if critical is None else float(hypergeom.sf(critical - 1, population, bad, sampled))


def to_name(population: int, share: float, error: float, level: float, wanted: float = 0.9) -> ToName:
    """Calls that name a platform which reports 100.00 with probability ``wanted`` when ``share`` of its tickets is bad.

    >>> to_name(441, 0.1, 0.02, 0.025 / 15)
    ToName(first=108, for_good=119)
    """
    bad, calls = bad_tickets(population, share), np.arange(1, population + 1)
    critical = binom.isf(level, calls, error) + 1  # a report of 100.00 admits nothing: only errors are in the way
    # Hoeffding 1963, section 6, tells of most sizes on which side they are; the exact tail costs as much as it has tickets
    margin = bad / population * calls - critical
    reaches = (margin > -1) & (np.exp(-2 * np.square(margin + 1) / calls) <= 1 - wanted)
    misses = (margin < 0) & (np.exp(-2 * np.square(margin) / calls) < wanted)
    open_sizes = np.flatnonzero(~reaches & ~misses)
    reaches[open_sizes] = hypergeom.sf(critical[open_sizes] - 1, population, bad, calls[open_sizes]) >= wanted
    if not reaches.any():
        return ToName(None, None)
    failing = np.flatnonzero(~reaches)
    last_failing = int(calls[failing[-1]]) if failing.size else 0
    return ToName(int(calls[reaches.argmax()]), last_failing + 1 if last_failing < population else None)


def drawn_for(calls: int, reach_rate: float) -> int:
    """Tickets to draw so that about ``calls`` are reached.

    >>> drawn_for(27, 0.75)
    36
    """
    if not 0 < reach_rate <= 1:
        raise ValueError(f"a reach rate of {reach_rate}")
    return ceil(round(calls / reach_rate, 9))
