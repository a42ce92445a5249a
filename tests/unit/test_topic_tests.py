"""How often leagues, hot spots and rises accuse by chance, by simulation, beside what the rules before did.

Complaints come as incidents: a caller sends a geometric number of tickets about each, 1.5 on average. What a rule may
be wrong about is whether something is more than the smallest multiple of what is expected, so it is tried at that boundary too.
"""

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest

from hotline.statistics import topics
from hotline.statistics.counts import concentration_tail, rise_tail, share_tail
from hotline.statistics.multiplicity import false_discovery, holm

ALPHA, RATIO = 0.05, 1.5
FAMILIES = 400


def tickets_of(incidents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tickets of so many incidents, a geometric number of each, 1.5 on average."""
    return np.where(incidents > 0, incidents + rng.negative_binomial(np.maximum(incidents, 1), 2 / 3), 0)


# leagues ------------------------------------------------------------------------------------------------

FLEETS = np.array([400, 300, 200, 150, 100, 80, 60, 50, 40, 30, 20, 10])


def leagues(rate: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """A league of twelve fleets a family, ``rate`` incidents a vehicle."""
    incidents = rng.poisson(FLEETS * rate, (FAMILIES, FLEETS.size))
    cases = pd.DataFrame(
        {
            "family": np.repeat(np.arange(FAMILIES), FLEETS.size),
            "vehicle_months": np.tile(FLEETS, FAMILIES).astype(float),
        }
    )
    cases["incidents"], cases["tickets"] = incidents.ravel(), tickets_of(incidents, rng).ravel()
    totals = cases.groupby("family")[["vehicle_months", "incidents", "tickets"]].transform("sum")
    cases[["group_vehicle_months", "group_incidents", "group_tickets"]] = totals
    return cases.assign(group_companies=FLEETS.size, minimum_ratio=RATIO)


def named_before(cases: pd.DataFrame) -> pd.Series:
    """The rule before: of tickets, whether a rate is above that of the group at all."""
    share = cases["vehicle_months"] / cases["group_vehicle_months"]
    p = pd.Series(share_tail(cases["tickets"], cases["group_tickets"], share), cases.index)
    return p.groupby(cases["family"]).transform(lambda family: holm(family.tolist())) < ALPHA


def share_of_families(flags: pd.Series, cases: pd.DataFrame) -> float:
    return flags.groupby(cases["family"]).any().mean()


def test_companies_of_equal_rates_are_rarely_named():
    cases = leagues(np.full(FLEETS.size, 0.3), np.random.default_rng(1))
    named = topics.league_tests(cases, ["family"])["p_adjusted"] < ALPHA
    assert share_of_families(named_before(cases), cases) > 0.1
    assert share_of_families(named, cases) <= 0.07


@pytest.mark.parametrize("at_boundary", [[0], [4], [11], [5, 8, 10]])
def test_a_company_at_the_smallest_multiple_is_rarely_named(at_boundary):
    rng = np.random.default_rng(2)
    rate = np.full(FLEETS.size, 0.3)
    # so that its share of the incidents is just RATIO times that of the vehicles
    part = FLEETS[at_boundary].sum() / FLEETS.sum()
    rate[at_boundary] *= RATIO * (1 - part) / (1 - RATIO * part)
    cases = leagues(rate, rng)
    named = topics.league_tests(cases, ["family"])["p_adjusted"] < ALPHA
    assert share_of_families(named, cases) <= 0.07
    assert share_of_families(named_before(cases), cases) > 0.2


def test_a_company_far_above_is_named_also_with_a_small_fleet():
    rate = np.full(FLEETS.size, 0.3)
    rate[10] *= 5  # twenty vehicles
    cases = leagues(rate, np.random.default_rng(3))
    named = topics.league_tests(cases, ["family"])["p_adjusted"] < ALPHA
    assert share_of_families(named & (cases["vehicle_months"] == 20), cases) > 0.8


def test_who_runs_most_of_the_group_cannot_be_far_above_it():
    cases = pd.DataFrame(
        {"family": 1, "vehicle_months": [700.0, 300.0, np.nan], "incidents": [70, 0, 9], "group_incidents": 70,
         "group_vehicle_months": 1000.0, "group_companies": 2, "minimum_ratio": RATIO}
    )  # fmt: skip
    tested = topics.league_tests(cases, ["family"])
    assert tested["p_value"].tolist() == [1, 1]
    assert len(tested) == 2, "of unknown size: not tested"


# hot spots ----------------------------------------------------------------------------------------------


def spots(chances: np.ndarray, total: int, rng: np.random.Generator, families: int = FAMILIES) -> pd.DataFrame:
    """Tables of ``total`` incidents by district and matter, all cells of all families."""
    counts = rng.multinomial(total, chances.ravel(), families).reshape(families, *chances.shape)
    cells = pd.DataFrame({"family": np.repeat(np.arange(families), chances.size)})
    for name, table in {"incidents": counts, "tickets": tickets_of(counts, rng)}.items():
        cells[name] = table.ravel()
        cells[f"row_{name}"] = np.broadcast_to(table.sum(axis=2)[:, :, None], table.shape).ravel()
        cells[f"column_{name}"] = np.broadcast_to(table.sum(axis=1)[:, None, :], table.shape).ravel()
        cells[f"table_{name}"] = table.sum(axis=(1, 2)).repeat(chances.size)
    true = chances / chances.sum(axis=1, keepdims=True) / chances.sum(axis=0, keepdims=True)
    cells["true"] = np.tile(true.ravel(), families)
    large = (cells["row_incidents"] >= 5) & (cells["column_incidents"] >= 5)
    cells["tests"] = large.groupby(cells["family"]).transform("sum")
    return cells[cells["incidents"] >= 5].assign(minimum_concentration=RATIO)


def spots_before(cells: pd.DataFrame) -> pd.Series:
    """The rule before: of tickets, more than independence gives, and then at least RATIO times as many."""
    tail = concentration_tail(cells["tickets"], cells["table_tickets"], cells["row_tickets"], cells["column_tickets"])
    p = pd.Series(tail, cells.index)
    adjusted = pd.Series(1.0, cells.index)
    for _, family in cells.groupby("family"):
        adjusted[family.index] = false_discovery(
            p[family.index].tolist(), int(family["tests"].max()), any_dependence=True
        )
    expected = cells["row_tickets"] * cells["column_tickets"] / cells["table_tickets"]
    return (adjusted < ALPHA) & (cells["tickets"] >= RATIO * expected)


def test_independent_tables_have_few_hot_spots():
    rng = np.random.default_rng(4)
    chances = np.outer(rng.dirichlet(np.full(10, 2)), rng.dirichlet(np.full(20, 2)))
    cells = spots(chances, 1500, rng)
    found = topics.spot_tests(cells, ["family"])["p_adjusted"] < ALPHA
    assert share_of_families(spots_before(cells), cells) > 0.15
    assert share_of_families(found, cells) <= 0.07


def test_what_is_found_is_above_the_smallest_concentration():
    """The adversarial case: many cells surely above 1 and below 1.5, where filtering afterwards keeps what chance lifted."""
    rng = np.random.default_rng(5)
    chances = np.full((10, 12), 1 / 120)
    chances[::2, ::2] *= 2.4
    chances[1::2, 1::2] *= 2.4
    cells = spots(chances / chances.sum(), 20_000, rng, families=60)
    assert 1.35 < cells["true"].max() < 1.5
    found = topics.spot_tests(cells, ["family"])["p_adjusted"] < ALPHA
    before = spots_before(cells)
    wrong = lambda flags: ((flags & (cells["true"] <= RATIO)).groupby(cells["family"]).sum() / np.maximum(  # noqa: E731
        flags.groupby(cells["family"]).sum(), 1)).mean()  # fmt: skip
    assert wrong(before) > 0.5
    assert wrong(found) <= 0.05


def test_a_true_hot_spot_is_found():
    rng = np.random.default_rng(6)
    chances = np.full((10, 12), 1 / 120)
    chances[3, 3] *= 6
    cells = spots(chances / chances.sum(), 1500, rng)
    found = topics.spot_tests(cells, ["family"])["p_adjusted"] < ALPHA
    assert share_of_families(found & (cells["true"] > 2.5), cells) > 0.8


@pytest.mark.parametrize("count", [3, 6, 9])
def test_a_weighed_table_equals_exact_rational_arithmetic(count):
    n, r, c, ratio = 60, 20, 15, Fraction(3, 2)
    a = ratio * r * c / n
    odds = a * (n - r - c + a) / ((r - a) * (c - a))
    terms = {k: comb(r, k) * comb(n - r, c - k) * odds**k for k in range(min(r, c) + 1)}
    exact = sum(term for k, term in terms.items() if k >= count) / sum(terms.values())
    assert float(concentration_tail(count, n, r, c, 1.5)) == pytest.approx(float(exact), rel=1e-10)


def test_a_cell_that_cannot_be_so_concentrated_is_never_one():
    assert concentration_tail(15, 20, 15, 18, 1.5) == 1
    assert concentration_tail(0, 20, 5, 5, 1.5) == 1


# rises --------------------------------------------------------------------------------------------------


def test_what_has_risen_less_than_the_smallest_ratio_is_rarely_flagged():
    """The adversarial case: two hundred series that all rose by 1.45, with counts that make this certain."""
    rng = np.random.default_rng(7)
    size = 200
    cases = pd.DataFrame(
        {"family": np.repeat(np.arange(FAMILIES), size), "baseline_tickets": rng.poisson(1500, FAMILIES * size)}
    )
    cases["tickets"] = rng.poisson(1500 * 1.45, FAMILIES * size)
    cases = cases.assign(exposure_ratio=1.0, dispersion=1.0, minimum_ratio=RATIO, tests=size, alpha=ALPHA)
    found = topics.rise_tests(cases, ["family"])["p_adjusted"] < ALPHA
    p = rise_tail(cases["tickets"], cases["baseline_tickets"], 1.0, 1.0)
    before = (p * size < ALPHA) & (cases["tickets"] >= RATIO * cases["baseline_tickets"])
    assert share_of_families(before, cases) > 0.9
    assert share_of_families(found, cases) <= 0.05


def test_series_at_the_smallest_ratio_are_flagged_as_rarely_as_stated():
    rng = np.random.default_rng(8)
    size = 50
    cases = pd.DataFrame(
        {"family": np.repeat(np.arange(FAMILIES), size), "baseline_tickets": rng.poisson(80, FAMILIES * size)}
    )
    cases["tickets"] = rng.poisson(80 * RATIO, FAMILIES * size)
    cases = cases.assign(exposure_ratio=1.0, dispersion=1.0, minimum_ratio=RATIO, tests=size, alpha=ALPHA)
    found = topics.rise_tests(cases, ["family"])
    assert share_of_families(found["p_adjusted"] < ALPHA, cases) <= 0.05
    assert ((cases["tickets"] >= found["limit_tickets"]) == (found["p_adjusted"] < ALPHA)).all()
