"""What the leagues, hot spots and sudden rises of a warehouse show: families of cases in, p-values out.

Each test asks whether something is *more than so many times* what its group, its table or its past leads to expect, at the
boundary of that hypothesis. Testing whether it is above at all and keeping what looks large enough afterwards gives no such assurance:
of what passes, most may be below the limit (Ebrahimpoor and Goeman, "Inflated false discovery rate due to volcano
plots", *Briefings in Bioinformatics* 22, 2021).

Leagues and hot spots count incidents, not tickets: several tickets of one caller about one matter are no independent
witnesses. Rises carry their spread with them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from hotline.statistics.counts import concentration_tail, poisson_tail, rise_limit, rise_tail, share_tail
from hotline.statistics.multiplicity import false_discovery, holm, own_level


def league_tests(cases: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """``p_value``, ``p_poisson`` and ``p_adjusted`` (Holm) of companies, of those that can be tested; index as in ``cases``.

    Parameters
    ----------
    cases: with ``incidents``, ``vehicle_months`` (null: unknown), ``group_companies``, ``group_incidents``,
        ``group_vehicle_months`` and ``minimum_ratio``. Fleets of any size are tested: only whether a rate is above is asked, and
        the exact test makes no more of a few vehicles than they say.
    family: columns that make a family of tests.
    """
    tested = cases[cases["vehicle_months"].notna() & (cases["group_companies"] > 1)].copy()
    expected = tested["vehicle_months"] / tested["group_vehicle_months"] * tested["minimum_ratio"]
    # who runs most of the group's vehicles cannot be that far above the group
    tested["p_value"] = share_tail(tested["incidents"], tested["group_incidents"], expected.clip(upper=1))
    tested["p_poisson"] = poisson_tail(tested["incidents"], expected * tested["group_incidents"])
    tested["p_adjusted"] = _adjusted(tested, family, lambda p, _: holm(p))
    return tested[["p_value", "p_poisson", "p_adjusted"]]


def spot_tests(cells: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """``p_value`` and ``p_adjusted`` of cells; index as in ``cells``.

    The cells of a family are dependent (they share rows, columns and a total), in no known direction: Benjamini and
    Yekutieli. Cells that are not here count in the family, ``tests``, as p = 1.

    Parameters
    ----------
    cells: with ``incidents``, ``row_incidents``, ``column_incidents``, ``table_incidents``, ``minimum_concentration`` and ``tests``.
    """
    found = cells.assign(
        p_value=concentration_tail(
            cells["incidents"], cells["table_incidents"], cells["row_incidents"], cells["column_incidents"],
            cells["minimum_concentration"].astype(float),
        )
    )  # fmt: skip
    found["p_adjusted"] = _adjusted(found, family, lambda p, tests: false_discovery(p, tests, any_dependence=True))
    return found[["p_value", "p_adjusted"]]


def rise_tests(cases: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """``p_value``, ``p_adjusted`` and ``limit_tickets`` of new counts; index as in ``cases``.

    The limit is the smallest count that would have been a rise, the others of the family being what they are.

    Benjamini and Hochberg: platforms are independent, and a category and its sub-categories (tested apart) rise together.

    Parameters
    ----------
    cases: with ``tickets``, ``baseline_tickets``, ``exposure_ratio``, ``dispersion``, ``minimum_ratio``, ``tests`` and ``alpha``.
    """
    ratio = cases["exposure_ratio"] * cases["minimum_ratio"].astype(float)
    found = cases.assign(p_value=rise_tail(cases["tickets"], cases["baseline_tickets"], ratio, cases["dispersion"]))
    found["p_adjusted"] = _adjusted(found, family, false_discovery)
    level = pd.Series(np.nan, found.index)
    for _, members in found.groupby(family, sort=False):
        alpha, tests = float(members["alpha"].iloc[0]), int(members["tests"].max())
        level[members.index] = own_level(members["p_value"].tolist(), tests, alpha)
    found["limit_tickets"] = rise_limit(level, cases["baseline_tickets"], ratio, cases["dispersion"])
    return found[["p_value", "p_adjusted", "limit_tickets"]]


def _adjusted(cases: pd.DataFrame, family: list[str], adjust: Callable[[list[float], int], list[float]]) -> pd.Series:
    found = pd.Series(np.nan, cases.index)
    for _, members in cases.groupby(family, sort=False):
        tests = int(members["tests"].max()) if "tests" in members else len(members)
        found[members.index] = adjust(members["p_value"].tolist(), tests)
    return found
