"""Exact statistics of counts: rates over an exposure, shares, concentrations in place and time, and sudden rises.

Nothing is approximated by a normal distribution: companies with two complaints and districts with five are the rule.
All functions are pure and take numbers or NumPy arrays of one shape; probabilities and shares are fractions of 1.

Sources
-------
* Interval of a Poisson count: F. Garwood, "Fiducial limits for the Poisson distribution", *Biometrika* 28 (1936),
  437-442.
* Interval of a binomial share: C. Clopper and E. Pearson, "The use of confidence or fiducial limits illustrated in the
  case of the binomial", *Biometrika* 26 (1934), 404-413.
* Comparison of Poisson counts: J. Przyborowski and H. Wilenski, "Homogeneity of results in testing samples from Poisson
  series", *Biometrika* 31 (1940), 313-323.
* Independence with margins fixed: R. Fisher, *Statistical Methods for Research Workers*, 5th ed. 1934, section 21.02;
  with an odds ratio: R. Fisher, "The logic of inductive inference", *J. Royal Statistical Society* 98 (1935), 39-82.
* Spread between series: D. Spiegelhalter, "Funnel plots for comparing institutional performance", *Statistics in
  Medicine* 24 (2005), 1185-1202, section 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln
from scipy.stats import beta, binom, chi2, hypergeom, nbinom, norm, poisson

Numbers = NDArray[np.float64]


def poisson_interval(count: ArrayLike, confidence: ArrayLike) -> tuple[Numbers, Numbers]:
    """Garwood's two-sided exact interval of the mean of a Poisson count, ``(1 - confidence) / 2`` in either tail.

    .. math:: \\tfrac12 \\chi^2_{\\alpha/2;\\,2x} \\le \\lambda \\le \\tfrac12 \\chi^2_{1-\\alpha/2;\\,2x+2}

    Divide both ends by the exposure for the interval of a rate. The lower end of no count is 0.

    >>> [round(float(end), 3) for end in poisson_interval(10, 0.95)]
    [4.795, 18.39]
    """
    _not_negative(count)
    seen, tail = _numbers(count), (1 - _numbers(confidence)) / 2
    lower = np.where(seen > 0, chi2.ppf(tail, 2 * np.maximum(seen, 1)) / 2, 0.0)
    return lower, chi2.ppf(1 - tail, 2 * seen + 2) / 2


def share_interval(good: ArrayLike, total: ArrayLike, confidence: ArrayLike) -> tuple[Numbers, Numbers]:
    """Clopper's and Pearson's two-sided exact interval of a binomial share; 0 to 1 when nothing was counted.

    >>> [round(float(end), 4) for end in share_interval(4, 4, 0.95)]
    [0.3976, 1.0]
    """
    part, whole, tail = _numbers(good), _numbers(total), (1 - _numbers(confidence)) / 2
    _not_negative(part, whole - part)
    lower = np.where(part > 0, beta.ppf(tail, np.maximum(part, 1), whole - part + 1), 0.0)
    upper = np.where(part < whole, beta.ppf(1 - tail, part + 1, np.maximum(whole - part, 1)), 1.0)
    return lower, upper


def poisson_tail(count: ArrayLike, expected: ArrayLike) -> Numbers:
    """P(X >= count) of a Poisson count whose mean is known to be ``expected``."""
    _not_negative(count, expected)
    return _numbers(poisson.sf(np.asarray(count) - 1, expected))


def share_tail(count: ArrayLike, total: ArrayLike, share: ArrayLike) -> Numbers:
    """P(X >= count) of Binomial(total, share).

    Given the total of independent Poisson counts, one of them is binomial with its share of the exposure: so this is the
    exact test of one rate against the common rate of a group that it is part of (Przyborowski and Wilenski).
    """
    _not_negative(count, np.asarray(total) - np.asarray(count))
    return _numbers(binom.sf(np.asarray(count) - 1, total, share))


def concentration_tail(
    count: ArrayLike, population: ArrayLike, row: ArrayLike, column: ArrayLike, ratio: ArrayLike = 1.0
) -> Numbers:
    """P(X >= count) in a row and a column of a table, if the cell has ``ratio`` times what independence gives, all totals given.

    At ratio 1 X ~ Hypergeometric(population, row, column): Fisher's exact test, one-sided, of the table cell against the rest.
    Otherwise the terms are weighed by the odds ratio of the table with that cell (Fisher's noncentral distribution): with
    a = ratio r c / n, it is a (n - r - c + a) / ((r - a) (c - a)). A cell that cannot hold so many has p = 1, since nothing
    could show it to be above.
    """
    x, n, r, c, times = map(_numbers, (count, population, row, column, ratio))
    _not_negative(x, n - r, n - c)
    cells = [value.ravel() for value in np.broadcast_arrays(x, n, r, c, times)]
    shape = np.broadcast_shapes(x.shape, n.shape, r.shape, c.shape, times.shape)
    found = np.array([_noncentral_tail(*cell) for cell in zip(*cells, strict=True)], dtype=float)
    return found.reshape(shape)


def _noncentral_tail(count: float, population: float, row: float, column: float, ratio: float) -> float:
    if ratio == 1:
        return float(hypergeom.sf(count - 1, population, row, column))
    least, most = max(0.0, row + column - population), min(row, column)
    expected = ratio * row * column / population if population else 0.0
    if count <= least or expected >= most:
        return 1.0
    odds = expected * (population - row - column + expected) / ((row - expected) * (column - expected))
    reach = 12 * np.sqrt(expected) + 30  # what lies further from the mode is less than rounding
    k = np.arange(np.floor(max(least, expected - reach)), min(most, np.ceil(max(count, expected) + reach)) + 1)
    rest = population - row - column
    logs = k * np.log(odds) - gammaln(k + 1) - gammaln(row - k + 1) - gammaln(column - k + 1) - gammaln(rest + k + 1)
    terms = np.exp(logs - logs.max())
    return float(min(1.0, terms[k >= count].sum() / terms.sum()))


def rise_tail(count: ArrayLike, base: ArrayLike, ratio: ArrayLike, dispersion: ArrayLike) -> Numbers:
    """P(X >= count) of a new count after ``base`` tickets were counted over an exposure 1 / ``ratio`` times as large.

    X is negative binomial with

    .. math:: \\mu = (Y + 1)\\,t, \\qquad \\operatorname{Var} X = \\varphi\\,\\mu\\,(1 + t)

    for the base Y, the ratio t of exposures (1/8 for a day after eight) and the dispersion phi >= 1. The factor 1 + t
    is the uncertainty of the baseline itself. With phi = 1 the size is Y + 1 and the probability 1 / (1 + t), which is
    the exact comparison of two Poisson counts: P(Binomial(X + Y, t / (1 + t)) >= X). A dispersion below 1 is taken as 1.
    """
    _not_negative(count, base)
    exposure = _numbers(ratio)
    mean = (_numbers(base) + 1) * exposure
    spread = np.maximum(_numbers(dispersion), 1.0) * (1 + exposure)
    return _numbers(nbinom.sf(np.asarray(count) - 1, mean / (spread - 1), 1 / spread))


def rise_limit(level: ArrayLike, base: ArrayLike, ratio: ArrayLike, dispersion: ArrayLike) -> Numbers:
    """The smallest count whose ``rise_tail`` is below ``level``.

    >>> float(rise_limit(0.05, 10, 1, 1))
    20.0
    """
    below, exposure = _numbers(level), _numbers(ratio)
    mean = (_numbers(base) + 1) * exposure
    spread = np.maximum(_numbers(dispersion), 1.0) * (1 + exposure)
    limit = nbinom.isf(below, mean / (spread - 1), 1 / spread) + 1
    # just at a level, rounding may be one off
    limit = limit + (rise_tail(limit, base, ratio, dispersion) >= below)
    lower = np.maximum(limit - 1, 0)
    return _numbers(np.where(rise_tail(lower, base, ratio, dispersion) < below, lower, limit))


def series_dispersion(counts: ArrayLike, bases: ArrayLike, ratios: ArrayLike, cut: float = 0.1) -> float:
    """How much more than Poisson many series vary against their baselines, at least 1.

    The mean of z squared over all series, with the highest and lowest tenth of z moved to the deciles (Spiegelhalter's
    winsorised estimate), because what is itself a rise must not hide all rises; divided by what that mean is for a
    standard normal z (0.679), because moving the tenths takes variance away. z is the standardised difference
    (x - tY) / sqrt(t (x + Y)), which has variance 1 if both counts are Poisson.
    """
    x, y = _numbers(counts), _numbers(bases)
    t = np.broadcast_to(_numbers(ratios), x.shape)
    seen = (x + y > 0) & (t > 0)
    if not seen.any():
        return 1.0
    x, y, t = x[seen], y[seen], t[seen]
    z = (x - t * y) / np.sqrt(t * (x + y))
    low, high = np.quantile(z, [cut, 1 - cut])
    decile = norm.ppf(1 - cut)
    kept = 2 * cut * decile**2 + (1 - 2 * cut) - 2 * decile * norm.pdf(decile)
    return max(1.0, float(np.mean(np.clip(z, low, high) ** 2) / kept))


def _numbers(values: ArrayLike) -> Numbers:
    return np.asarray(values, dtype=np.float64)


def _not_negative(*values: ArrayLike) -> None:
    if any(np.any(np.asarray(value) < 0) for value in values):
        raise ValueError("counts cannot be negative, nor parts larger than the whole")
