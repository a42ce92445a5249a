"""Evidence from weekly spot checks that may be looked at every week, without credit for past virtue.

In a week *n* tickets were called and *b* were bad. Against "at most a share p0 counts as bad":

.. math:: e_t(\\theta) = (\\theta / p_0)^b \\, ((1 - \\theta) / (1 - p_0))^{n - b}, \\qquad p_0 = s + (1 - s) \\varepsilon

Its mean is at most 1 without replacement too (Hoeffding 1963), whatever N is, so nothing is recomputed when N changes. The
statistic of Shiryaev and Roberts starts anew every week, so that clean months buy nothing:

.. math:: SR_t(\\theta) = (SR_{t-1}(\\theta) + 1) \\, e_t(\\theta)

mixed over a grid of theta. Within a year of T weeks E_t = (SR_t + T - t) / T is a true e-process: P(ever >= 20) <= 5 %.
Products of weekly e-values, other values of N for old weeks, and the best of several platforms without a factor are not
evidence and not offered here.

Sources
-------
* J. Shin, A. Ramdas, A. Rinaldo, "E-detectors", *The New England Journal of Statistics in Data Science* 2 (2023), 229-260.
* W. Hoeffding, *Journal of the American Statistical Association* 58 (1963), 13-30, section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import exp, inf, log
from typing import NamedTuple

import numpy as np

from hotline.statistics.rates import LARGEST_EXPONENT

GRID = np.arange(8, 99, 10) / 100
WEIGHTS = (1 - GRID) ** 2 / np.sum((1 - GRID) ** 2)


class Week(NamedTuple):
    """Where the evidence stands after a week."""

    e_value: float
    """Of this week alone."""
    sr: float
    """Mixed statistic of Shiryaev and Roberts since the beginning: for the watch."""
    e_year: float
    """Mixed e-process of the year: for a verdict."""


def boundary(honest_share: float, error: float) -> float:
    """Share of calls that may count as bad when ``honest_share`` are and a call is wrong with ``error``.

    >>> round(boundary(0.05, 0.02), 3)
    0.069
    """
    return honest_share + (1 - honest_share) * error


@lru_cache(maxsize=1024)
def week_evidence(sampled: int, bad: int, p_honest: float) -> np.ndarray:
    """Logarithms of the e-values of one week by theta; of a week without calls 0, for it says nothing.

    Raises
    ------
    ValueError: more bad than sampled.
    """
    if not 0 <= bad <= sampled:
        raise ValueError(f"{bad} bad of {sampled}")
    logs: np.ndarray = bad * np.log(GRID / p_honest) + (sampled - bad) * np.log((1 - GRID) / (1 - p_honest))
    return logs


def _mixed(log_evidence: np.ndarray) -> float:
    """Mixture over theta, from logarithms: a hundred bad calls are more than floating point holds."""
    highest = float(log_evidence.max())
    if highest == -inf:
        return 0.0
    total = highest + log(float(WEIGHTS @ np.exp(log_evidence - highest)))
    return exp(min(total, LARGEST_EXPONENT))


def path(weeks: Sequence[tuple[int, int, int, float]], weeks_a_year: int = 52) -> list[Week]:
    """Evidence after each week of one platform, in order of time.

    Parameters
    ----------
    weeks: ``(year, sampled, bad, p_honest)``, every week of the plan, those without calls too.
    weeks_a_year: T of the e-process; a 53rd week has nothing left to hand out.
    """
    nothing = np.full(GRID.size, -inf)
    found, since_ever, of_year, year, week = [], nothing, nothing, None, 0
    for this_year, sampled, bad, p_honest in weeks:
        if this_year != year:
            of_year, year, week = nothing, this_year, 0
        week += 1
        evidence = week_evidence(sampled, bad, p_honest)
        since_ever = np.logaddexp(since_ever, 0) + evidence
        # T starts were paid for at the beginning of the year: a 53rd week opens none
        of_year = (np.logaddexp(of_year, 0) if week <= weeks_a_year else of_year) + evidence
        left = max(0, weeks_a_year - week)
        found.append(Week(_mixed(evidence), _mixed(since_ever), (_mixed(of_year) + left) / weeks_a_year))
    return found


def shiryaev_roberts(e_values: Iterable[float]) -> Iterator[float]:
    """The statistic after each of the e-values of one platform.

    >>> [round(value, 2) for value in shiryaev_roberts([0.2, 3, 0])]
    [0.2, 3.6, 0.0]
    """
    statistic = 0.0
    for e_value in e_values:
        statistic = (statistic + 1) * e_value if e_value else 0.0
        yield statistic
