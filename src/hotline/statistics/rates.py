"""Exact statistics of reported rates against spot checks.

A platform reports that K of its N tickets are good; n of the N are drawn without replacement and x of them are found
good. Then X ~ Hypergeometric(N, K, n), and nothing needs to be approximated: populations are finite and small samples
are the rule (4 of 77). All functions are pure; rates are percentages (0..100) as the documents print them and are taken
as decimals, so that 99.65 means 99.65 and not its nearest binary fraction.

Sources
-------
* Exact test and bounds: J. Wright, *Exact Confidence Bounds when Sampling from Small Finite Universes*, Springer 1991;
  T. Buonaccorsi, "A note on confidence intervals for proportions in finite populations", *The American Statistician*
  41 (1987), 215-218.
* E-values: V. Vovk and R. Wang, "E-values: calibration, combination and applications", *Annals of Statistics* 49
  (2021), 1736-1754.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, comb, exp, floor, inf, log
from typing import Any, NamedTuple

from scipy.stats import hypergeom

from hotline.statistics.multiplicity import holm

HALF = Fraction(1, 2)
LARGEST_EXPONENT = 700
"""Of e: beyond it a number is more than floating point holds, and evidence more than anybody asks for."""
TIE = 1e-9
"""Probabilities closer to a level than this are compared exactly, in samples of a size at which a tie can occur."""
MOST_EXACT = 500
"""Sampled tickets; among more, one ticket of the population moves the probability by less than floating point knows."""


class RateEvidence(NamedTuple):
    """What a spot check says of one reported rate; counts are tickets, probabilities are fractions of 1."""

    reported_good: int
    """Good tickets that the reported rate stands for, rounded half up; of a withheld one, those of the higher fixed rate."""
    reported_good_rounded: int
    """Fewest good tickets that the printed rate can stand for: the reading most lenient to the platform."""
    p_value: float
    """P(X <= passed) if ``reported_good`` tickets were good."""
    p_value_rounded: float
    """The same for ``reported_good_rounded``."""
    p_value_95: float
    """The same for the higher fixed rate (95 %), whatever was reported."""
    p_value_90: float
    """The same for the lower fixed rate (90 %)."""
    p_adjusted: float
    """``p_value`` after Holm's correction over the family it was tested in."""
    lower95_good: int
    """Exact one-sided lower confidence bound of the number of good tickets."""
    upper95_good: int
    """Exact one-sided upper confidence bound of the number of good tickets."""
    e_value: float
    """Evidence against "at least the higher fixed rate is good"; 20 is as strong as p = 0.05, infinity is a refutation."""


def good_at_rate(rate_percent: Decimal | int | str, population: int) -> int:
    """Whole number of good tickets that a rate stands for, rounded half up.

    >>> good_at_rate("99.54", 402)
    400
    """
    return floor(_fraction(rate_percent) * population + HALF)


def fewest_good_printed_as(rate_text: str, population: int) -> int:
    """Smallest K whose rate, rounded half up at the decimals of ``rate_text``, is not below it.

    ``rate_text`` of "100" is still true of 99.5 %, while "100.00" needs 99.995 %.

    >>> fewest_good_printed_as("100", 2843), fewest_good_printed_as("100.00", 2843)
    (2829, 2843)
    """
    decimals = len(rate_text.partition(".")[2])
    half_unit = HALF / 10 ** (decimals + 2)
    fewest: int = ceil((_fraction(rate_text) - half_unit) * population)
    return max(0, fewest)


def lenient_good(rate_text: str, population: int) -> int:
    """Fewest good tickets that the printed rate can stand for: plain, rounded half up or cut off. Never a stricter one.

    Where no count prints so (``99.54`` of 402) the plain reading stays; that it is impossible is another finding.

    >>> lenient_good("99.54", 402), lenient_good("100", 2843), lenient_good("100.00", 2843)
    (400, 2829, 2843)
    """
    lenient = min(
        good_at_rate(rate_text, population),
        fewest_good_printed_as(rate_text, population),
        fewest_good_at_least(rate_text, population),  # cut off: the true rate is not below the printed one
    )
    # a rate outside 0 to 100 is a fault of the report, judged elsewhere; here it claims no more than all, no less than none
    return max(0, min(population, lenient))


def fewest_good_at_least(rate_percent: Decimal | int | str, population: int) -> int:
    """Smallest K with K / population >= rate.

    >>> fewest_good_at_least(95, 77)
    74
    """
    return ceil(_fraction(rate_percent) * population)


def p_at_most(passed: int, population: int, good: int, sampled: int) -> float:
    """P(X <= passed) for X ~ Hypergeometric(population, good, sampled).

    .. math:: P(X \\le x) = \\sum_{k \\le x} \\binom{K}{k} \\binom{N-K}{n-k} / \\binom{N}{n}

    Raises
    ------
    ValueError: the counts cannot occur together, e.g. more passed than sampled.
    """
    _check(population, sampled, passed)
    if not 0 <= good <= population:
        raise ValueError(f"{good} good of {population}")
    return min(1.0, float(hypergeom.cdf(passed, population, good, sampled)))


def bounds(population: int, sampled: int, passed: int, confidence: float = 0.95) -> tuple[int, int]:
    """Exact one-sided confidence bounds (lower, upper) of the number of good tickets, each at ``confidence``.

    The lower bound is the smallest K with P(X >= x | K) > 1 - confidence, the upper one the largest K with
    P(X <= x | K) > 1 - confidence (Wright 1991). P(X <= x | K) falls and P(X >= x | K) rises with K, so both are found by
    bisection between the counts that the sample itself proves.
    """
    _check(population, sampled, passed)
    alpha = 1 - Fraction(str(confidence))
    fewest, most = passed, population - (sampled - passed)

    def at_least_exceeds(good: int) -> bool:  # X good among K is n - X bad among N - K
        return _exceeds(sampled - passed, population, population - good, sampled, alpha)

    def at_most_fails(good: int) -> bool:
        return good > most or not _exceeds(passed, population, good, sampled, alpha)

    return _first(fewest, most, at_least_exceeds), _first(fewest, most + 1, at_most_fails) - 1


def _exceeds(passed: int, population: int, good: int, sampled: int, alpha: Fraction) -> bool:
    """Whether P(X <= passed) > alpha; a tie, which floating point may decide either way, is settled in fractions."""
    probability = p_at_most(passed, population, good, sampled)
    if abs(probability - alpha) > TIE or sampled > MOST_EXACT:
        return probability > alpha
    ways = sum(comb(good, k) * comb(population - good, sampled - k) for k in range(passed + 1))
    return Fraction(ways, comb(population, sampled)) > alpha


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Smallest value in low..high where the monotone predicate holds; it must hold at ``high``."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def e_value(population: int, sampled: int, passed: int, good: int) -> float:
    """Evidence against "at least ``good`` tickets of the population are good".

    .. math:: e = \\frac{1}{K_0} \\sum_{K < K_0} P(X = x \\mid K) \\; / \\; P(X = x \\mid K_0)

    The mixture weighs every smaller count alike. Its ratio to the boundary falls in x (hypergeometric distributions have
    monotone likelihood ratios) and X grows with K, so its mean is at most 1 under every K >= K0: an e-value for the
    whole hypothesis. Infinite when the sample has too many bad tickets for the boundary, 0 when it has more good ones
    than the boundary (then nothing below it is possible either), and 1 when there is nothing below the boundary.

    The sum has a closed form, so a population of a million costs no more than one of ten: samples of n + 1 among N + 1 whose
    (x + 1)-th place lies within the first K0.
    """
    _check(population, sampled, passed)
    if good <= 0:
        return 1.0
    if passed > good:
        return 0.0
    if sampled - passed > population - good:
        return inf
    mixture = log((population + 1) / ((sampled + 1) * good))
    mixture += float(hypergeom.logsf(passed, population + 1, good, sampled + 1))
    log_evidence = mixture - float(hypergeom.logpmf(passed, population, good, sampled))
    return exp(log_evidence) if log_evidence < LARGEST_EXPONENT else inf


def family_evidence(claims: Sequence[Mapping[str, Any]]) -> list[RateEvidence]:
    """Evidence on the reported rates of one family of tests (a month), in the order given.

    Parameters
    ----------
    claims: mappings with ``population``, ``sampled``, ``passed`` (counts), ``reported_text`` (percent as printed,
        None when it was withheld), ``confidence`` (fraction), ``high_rate_percent`` and ``low_rate_percent``.
    """
    single = [_evidence(claim) for claim in claims]
    adjusted = holm([evidence.p_value for evidence in single])
    return [evidence._replace(p_adjusted=p) for evidence, p in zip(single, adjusted, strict=True)]


def _evidence(claim: Mapping[str, Any]) -> RateEvidence:
    population, sampled, passed, text = (claim[name] for name in ("population", "sampled", "passed", "reported_text"))
    high = fewest_good_at_least(claim["high_rate_percent"], population)
    low = fewest_good_at_least(claim["low_rate_percent"], population)
    reported = high if text is None else max(0, min(population, good_at_rate(text, population)))
    rounded = high if text is None else lenient_good(text, population)
    lower, upper = _bounds(population, sampled, passed, claim["confidence"])
    return RateEvidence(
        reported_good=reported,
        reported_good_rounded=rounded,
        p_value=p_at_most(passed, population, reported, sampled),
        p_value_rounded=p_at_most(passed, population, rounded, sampled),
        p_value_95=p_at_most(passed, population, high, sampled),
        p_value_90=p_at_most(passed, population, low, sampled),
        p_adjusted=1.0,
        lower95_good=lower,
        upper95_good=upper,
        e_value=e_value(population, sampled, passed, high),
    )


_bounds = lru_cache(maxsize=4096)(bounds)  # a platform's three rates usually share their counts


def _fraction(rate_percent: Decimal | int | str) -> Fraction:
    if isinstance(rate_percent, float):
        raise TypeError("give rates as decimal or text: a binary float is not the printed number")
    return Fraction(rate_percent) / 100


def _check(population: int, sampled: int, passed: int) -> None:
    if not 0 <= passed <= sampled <= population:
        raise ValueError(f"{passed} passed of {sampled} sampled of {population}")
