"""Families of tests: what is left of a p-value when many were looked at.

Sources
-------
* S. Holm, "A simple sequentially rejective multiple test procedure", *Scandinavian Journal of Statistics* 6 (1979), 65-70.
* Y. Benjamini and Y. Hochberg, *Journal of the Royal Statistical Society B* 57 (1995), 289-300; Y. Benjamini and
  D. Yekutieli, *Annals of Statistics* 29 (2001), 1165-1188.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float], tests: int | None = None) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given.

    .. math:: \\tilde p_{(i)} = \\max_{j \\le i} \\min(1, (m - j + 1) p_{(j)})

    ``tests`` is the size *m* of the family as it was planned; tests that are not among ``p_values`` count with p = 1, so
    that whoever is missing makes nobody else's finding easier.

    Raises
    ------
    ValueError: the family is smaller than the number of p-values.

    >>> [round(p, 4) for p in holm([0.001, 0.02], tests=15)]
    [0.015, 0.28]
    """
    tests = len(p_values) if tests is None else tests
    _planned(p_values, tests)
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (tests - place) * p_values[index]))
        adjusted[index] = running
    return adjusted


def false_discovery(p_values: Sequence[float], tests: int, *, any_dependence: bool = False) -> list[float]:
    """Adjusted p-values of a step-up procedure that bounds the share of false discoveries, in the order given.

    Parameters
    ----------
    tests: size of the family. Tests that are not among ``p_values`` are taken as having p = 1.
    any_dependence: Benjamini and Yekutieli's, valid whatever the dependence; otherwise Benjamini and Hochberg's, valid
        when the tests are independent or positively dependent.

    Raises
    ------
    ValueError: the family is smaller than the number of p-values.
    """
    _planned(p_values, tests)
    p = np.asarray(p_values, dtype=float)
    factor = tests * (float(np.sum(1 / np.arange(1, tests + 1))) if any_dependence else 1.0)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * factor / np.arange(1, p.size + 1)
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted.tolist()


def own_level(p_values: Sequence[float], tests: int, alpha: float) -> list[float]:
    """What each p-value has to be below to be found by Benjamini and Hochberg's procedure, the others being what they are.

    It is alpha times k over the tests, with k the findings that there would be if it were 0 itself.

    >>> [round(level, 4) for level in own_level([0.5, 0.001, 0.015], tests=10, alpha=0.1)]
    [0.03, 0.02, 0.02]
    """
    _planned(p_values, tests)
    p = np.asarray(p_values, dtype=float)
    others = np.arange(p.size)
    levels = alpha * (others + 1) / tests
    below = np.searchsorted(np.sort(p), levels)
    reached = below >= others  # of all levels, few
    others, levels, below = others[reached], levels[reached], below[reached]
    is_found = below - (p[:, None] < levels) >= others
    return [float(level) for level in np.where(is_found, levels, 0).max(axis=1, initial=0)]


def _planned(p_values: Sequence[float], tests: int) -> None:
    if tests < len(p_values):
        raise ValueError(f"{len(p_values)} p-values in a family of {tests}")
