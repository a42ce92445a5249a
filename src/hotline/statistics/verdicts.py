"""What a random sample says of a platform whose report admits so many bad tickets, when a call may be wrong.

A frame of N tickets is frozen, n of them are drawn at random and called. The report admits N - K bad tickets; b of the n
were found bad. A caller takes a good ticket for a bad one with probability ``error``. If the report is true, then
D ~ Hypergeometric(N, N - K, n) bad tickets are in the sample, each of the others counts as bad with ``error``, and

.. math:: p = P(Z \\ge b), \\quad Z = D + \\mathrm{Bin}(n - D, \\varepsilon)

Counts are tickets, probabilities fractions of 1. All functions are pure.

Sources
-------
* N. Johnson, S. Kotz, X. Wu, *Inspection Errors for Attributes in Quality Control*, Chapman and Hall 1991.
* C. Clopper and E. Pearson, *Biometrika* 26 (1934), 404-413, for the bound of the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, binom, hypergeom

from hotline.statistics.rates import bounds, e_value, fewest_good_at_least, good_at_rate, lenient_good

PRECISION = 1e-12


class Claim(NamedTuple):
    """One reported rate of a frame: the text as printed, and of how many tickets it speaks."""

    text: str | None
    """None when the platform did not report it."""
    population: int


def admitted_bad(claims: Sequence[Claim], withheld_rate: str) -> int:
    """Bad tickets that the claims admit together at most: one ticket may be bad in each of them.

    A rate that was not reported is read as ``withheld_rate`` (percent), the most that silence may admit.

    >>> admitted_bad([Claim("100", 441), Claim("99", 441), Claim(None, 441)], "95")
    30
    """
    return sum(
        population
        - (fewest_good_at_least(withheld_rate, population) if text is None else lenient_good(text, population))
        for text, population in claims
    )


def plainly_admitted(claim: Claim, withheld_rate: str) -> int:
    """Bad tickets that one claim, read literally, admits to exist: more than these found contradict it.

    >>> plainly_admitted(Claim("98.75", 200), "95"), plainly_admitted(Claim(None, 200), "95")
    (2, 10)
    """
    text, population = claim
    good = fewest_good_at_least(withheld_rate, population) if text is None else good_at_rate(text, population)
    return population - max(0, min(population, good))


def p_at_least(bad: int, population: int, admitted: int, sampled: int, error: float) -> float:
    """P(at least ``bad`` of ``sampled`` count as bad) when ``admitted`` of ``population`` are, each call wrong with ``error``.

    Raises
    ------
    ValueError: the counts cannot occur together, or the error is no probability.

    >>> round(p_at_least(1, 441, 0, 4, 0.02), 5), p_at_least(1, 441, 0, 4, 0)
    (0.07763, 0.0)
    """
    if not (0 <= bad <= sampled <= population and 0 <= admitted <= population):
        raise ValueError(f"{bad} bad of {sampled} sampled of {population}, {admitted} admitted")
    if not 0 <= error < 1:
        raise ValueError(f"an error of {error}")
    if not bad:
        return 1.0
    truly = np.arange(bad)  # so many truly bad ones need errors, more do not
    by_error = binom.sf(bad - truly - 1, sampled - truly, error)
    p = hypergeom.pmf(truly, population, admitted, sampled) @ by_error + hypergeom.sf(
        bad - 1, population, admitted, sampled
    )
    return min(1.0, float(p))


def tipping_error(bad: int, population: int, admitted: int, sampled: int, level: float) -> float | None:
    """The error of a call at which p reaches ``level``: from it on nothing is found. None when nothing is even without error.

    >>> round(tipping_error(1, 441, 0, 4, 0.05), 6), round(tipping_error(1, 441, 0, 4, 0.05 / 15), 6)
    (0.012741, 0.000834)
    """
    if not bad:
        return None
    literal = p_at_least(bad, population, admitted, sampled, 0)
    if literal >= level:  # a tie is a tie, whatever the last digit of floating point says
        return 0.0 if literal <= level * (1 + PRECISION) else None
    found = brentq(
        lambda error: p_at_least(bad, population, admitted, sampled, error) - level, 0, 1 - PRECISION, xtol=PRECISION
    )
    return float(found)


def critical_bad(population: int, admitted: int, sampled: int, error: float, level: float) -> int | None:
    """Fewest bad calls whose p is at most ``level``; None when even all of them would not do.

    >>> [critical_bad(441, 0, n, 0.02, 0.025 / 15) for n in (4, 12, 29, 59)]
    [3, 3, 5, 6]
    """
    found = (bad for bad in range(1, sampled + 1) if p_at_least(bad, population, admitted, sampled, error) <= level)
    return next(found, None)


def clearance(population: int, sampled: int, bad: int, share: float) -> float:
    """E-value against "at least ``share`` of the tickets are bad"; 20 clears. Tickets not reached count as bad.

    >>> clearance(441, 40, 0, 0.1) >= 20 > clearance(441, 39, 0, 0.1)
    True
    """
    return e_value(population, sampled, bad, ceil(round(share * population, 9)))


class Clear(NamedTuple):
    """Bounds (``confidence``, one-sided) of the share of good tickets by what is made of those not reached, in tickets."""

    lower_if_bad: int
    lower_if_good: int


def bounds_by_reach(population: int, drawn: int, reached: int, bad: int, confidence: float) -> Clear:
    """Lower bounds of the good tickets when those not reached were all bad, and all good.

    >>> [round(100 * good / 441, 2) for good in bounds_by_reach(441, 29, 22, 0, 0.95)]
    [60.09, 90.7]
    """
    return Clear(
        bounds(population, drawn, reached - bad, confidence)[0],
        bounds(population, drawn, drawn - bad, confidence)[0],
    )


def call_error(pairs: int, differing: int, assumed: float, floor: float, fewest_pairs: int, confidence: float) -> float:
    """The chance that one call takes a good ticket for a bad one, as it is allowed for.

    Parameters
    ----------
    pairs, differing: blind second calls, and those among them that found something else.
    assumed: used until there are ``fewest_pairs``, unless the pairs show already that it is too small.
    floor: never below.

    >>> [round(call_error(n, 0, 0.02, 0.005, 150, 0.95), 5) for n in (0, 100, 150, 600, 5000)]
    [0.02, 0.02, 0.01977, 0.005, 0.005]
    >>> round(call_error(60, 9, 0.02, 0.005, 150, 0.95), 3)
    0.247
    """
    if not 0 <= differing <= pairs:
        raise ValueError(f"{differing} of {pairs} second calls differ")
    lowest = float(beta.ppf(1 - confidence, differing, pairs - differing + 1)) if differing else 0.0
    if pairs < fewest_pairs and lowest <= assumed:
        return assumed
    upper = float(beta.ppf(confidence, differing + 1, pairs - differing)) if differing < pairs else 1 - PRECISION
    return max(floor, upper)


def confirmed_error(single: float, floor: float) -> float:
    """The chance that two callers, blind to each other, both take a good ticket for a bad one.

    >>> confirmed_error(0.02, 0.001)
    0.001
    """
    return max(floor, single * single)
