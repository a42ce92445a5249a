"""How unlikely it is that an honest platform shows a ticket signature so often; exact tails, never a normal approximation.

A signature is counted on ``eligible`` tickets of a platform and month, ``hits`` of which bear it. Two questions, two tails:

* **the absolute limit**: if the platform bore it as often as the most careless honest platform, X ~ Binomial(n, limit);
* **another group of the same kind**, as the platform's own months before, or its other operators: their common share is an
  estimate, and honest groups differ. X ~ Beta-binomial(n, a, b), whose beta distribution has the mean of the other group
  and a variance of three parts: what the group itself varies, what the mean over the others varies, and what the mean
  owes to their counts.

.. math:: \\mu = \\frac{H + 1/2}{N + 1}, \\qquad
    \\sigma^2 = (c\\mu)^2 \\Bigl(1 + \\frac1g\\Bigr) + \\frac{\\mu (1 - \\mu)}{N + 1}

for H hits of N in ``groups`` = g others, c the coefficient of variation of an honest group.

All functions are pure and take numbers or NumPy arrays of one shape; shares and probabilities are fractions of 1.

Sources
-------
* Beta-binomial: J. Skellam, *Journal of the Royal Statistical Society B* 10 (1948), 257-261.
* Why not the normal distribution, and why groups vary more than binomially: D. Spiegelhalter, "Funnel plots for comparing
  institutional performance", *Statistics in Medicine* 24 (2005), 1185-1202.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln
from scipy.stats import beta, binom

Numbers = NDArray[np.float64]


def limit_tail(hits: ArrayLike, eligible: ArrayLike, limit: ArrayLike) -> Numbers:
    """P(X >= hits) of Binomial(eligible, limit).

    >>> round(float(limit_tail(2, 3, 0.5)), 4)
    0.5
    """
    hits, eligible = _counts(hits, eligible)
    return np.asarray(binom.sf(hits - 1, eligible, limit), dtype=np.float64)


def group_tail(
    hits: ArrayLike, eligible: ArrayLike, other_hits: ArrayLike, other_eligible: ArrayLike, groups: ArrayLike,
    variation: ArrayLike,
) -> Numbers:  # fmt: skip
    """P(X >= hits) of the beta-binomial count that the other groups predict; nan where there are none.

    Parameters
    ----------
    groups: of which ``other_eligible`` is the sum, as the months of a history.
    variation: coefficient of variation of an honest group's true share about the common one.

    >>> round(float(group_tail(1, 1, 1, 3, 1, 0)), 4)  # of one ticket: the mean, (1 + 1/2) / (3 + 1)
    0.375
    """
    hits, eligible = _counts(hits, eligible)
    other_hits, other_eligible = _counts(other_hits, other_eligible)
    rows = np.broadcast_arrays(hits, eligible, other_hits, other_eligible, groups, variation)
    tails = [_group_tail(*map(float, row)) for row in zip(*(array.ravel() for array in rows), strict=True)]
    return np.array(tails).reshape(rows[0].shape)


def _group_tail(
    hits: float, eligible: float, other_hits: float, other_eligible: float, groups: float, variation: float
) -> float:
    if not groups or not other_eligible:
        return float("nan")
    if hits == 0:
        return 1.0
    mean = (other_hits + 0.5) / (other_eligible + 1)
    spread = (variation * mean) ** 2 * (1 + 1 / groups) + mean * (1 - mean) / (other_eligible + 1)
    return beta_binomial_tail(int(hits), int(eligible), *beta_of(mean, spread))


def beta_of(mean: float, variance: float) -> tuple[float, float]:
    """Parameters of the beta distribution with a mean and a variance; one of a large variance keeps its mean.

    >>> beta_of(0.5, 1 / 12)  # uniform
    (1.0, 1.0)
    """
    size = max(mean * (1 - mean) / variance - 1, 1e-3)
    return mean * size, (1 - mean) * size


def beta_binomial_tail(hits: int, eligible: int, a: float, b: float) -> float:
    """P(X >= hits) of the beta-binomial distribution: the shorter tail is added up, term by term.

    >>> round(beta_binomial_tail(3, 9, 1, 1), 12)  # uniform: each of 0 to 9 is as likely
    0.7
    """
    if hits <= 0:
        return 1.0
    is_upper = hits > eligible * a / (a + b)
    first, last = (hits, eligible) if is_upper else (0, hits - 1)
    k = np.arange(first, last + 1, dtype=float)
    log_terms = (
        gammaln(eligible + 1)
        - gammaln(k + 1)
        - gammaln(eligible - k + 1)
        + betaln(k + a, eligible - k + b)
        - betaln(a, b)
    )
    tail = float(np.exp(log_terms).sum())
    return min(1.0, tail) if is_upper else max(0.0, 1 - tail)


def honest_limit(base: float, variation: float, share_of_platforms: float) -> float:
    """The share that so many of honest platforms do not exceed, where their true shares are beta distributed about ``base``.

    >>> round(honest_limit(0.01, 0.35, 0.999), 4)
    0.0243
    """
    return float(beta.ppf(share_of_platforms, *beta_of(base, (variation * base) ** 2)))


def _counts(hits: ArrayLike, eligible: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    some, of = np.asarray(hits), np.asarray(eligible)
    if np.any(some < 0) or np.any(some > of):
        raise ValueError("hits cannot be negative, nor more than the eligible tickets")
    return some, of
