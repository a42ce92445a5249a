"""Statistics of counts against published tables, exact rational arithmetic and their own defining properties."""

from fractions import Fraction
from math import comb, exp, lgamma, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.statistics import counts, multiplicity

TOLERANCE = 1e-9


def poisson_at_most(count: int, mean: float) -> float:
    """P(X <= count), term by term."""
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1)) if count >= 0 else 0.0


def binomial_at_least(count: int, total: int, share: Fraction) -> Fraction:
    return sum(
        (comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(max(count, 0), total + 1)), Fraction(0)
    )


# intervals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "lower", "upper"),
    # Ulm, "A simple method to calculate the confidence interval of a standardized mortality ratio", Am J Epidemiol 131
    # (1990) 373-375, and the usual tables of exact 95 % Poisson limits
    [(0, 0, 3.69), (1, 0.03, 5.57), (2, 0.24, 7.22), (3, 0.62, 8.77), (5, 1.62, 11.67), (10, 4.80, 18.39),
     (20, 12.22, 30.89), (50, 37.11, 65.92), (100, 81.36, 121.63)],
)  # fmt: skip
def test_poisson_interval_is_the_one_in_the_tables(count, lower, upper):
    assert [round(float(end), 2) for end in counts.poisson_interval(count, 0.95)] == [lower, upper]


@settings(deadline=None)
@given(st.integers(0, 150), st.sampled_from([0.9, 0.95, 0.99]))
def test_poisson_interval_leaves_half_the_error_in_either_tail(count, confidence):
    lower, upper = (float(end) for end in counts.poisson_interval(count, confidence))
    assert poisson_at_most(count, upper) == pytest.approx((1 - confidence) / 2, rel=1e-6)
    assert count == 0 or 1 - poisson_at_most(count - 1, lower) == pytest.approx((1 - confidence) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("good", "total", "lower", "upper"),
    # four of four: 39.8 to 100 %; 0 of 10: 0 to 30.85 %; 15 of 148 and 1 of 29: Newcombe, Stat Med 17 (1998) 857-872
    [
        (4, 4, 0.3976, 1),
        (0, 10, 0, 0.3085),
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_share_interval_is_the_published_one(good, total, lower, upper):
    assert [round(float(end), 4) for end in counts.share_interval(good, total, 0.95)] == [lower, upper]


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_share_interval_leaves_half_the_error_in_either_tail(total, data):
    good = data.draw(st.integers(0, total))
    lower, upper = (Fraction(float(end)) for end in counts.share_interval(good, total, 0.95))
    if good:
        assert float(binomial_at_least(good, total, lower)) == pytest.approx(0.025, rel=1e-6)
    else:
        assert lower == 0
    if good < total:
        assert float(1 - binomial_at_least(good + 1, total, upper)) == pytest.approx(0.025, rel=1e-6)
    else:
        assert upper == 1


def test_nothing_counted_says_nothing():
    assert [float(end) for end in counts.share_interval(0, 0, 0.95)] == [0, 1]


# tails --------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(0, 40), st.floats(0.1, 30))
def test_poisson_tail_is_the_sum_of_its_terms(count, expected):
    assert float(counts.poisson_tail(count, expected)) == pytest.approx(
        1 - poisson_at_most(count - 1, expected), rel=1e-6, abs=1e-12
    )


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(1, 99), st.data())
def test_share_tail_equals_exact_rational_arithmetic(total, percent, data):
    count = data.draw(st.integers(0, total))
    exact = binomial_at_least(count, total, Fraction(percent, 100))
    assert float(counts.share_tail(count, total, percent / 100)) == pytest.approx(float(exact), rel=1e-8)


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_concentration_tail_equals_exact_rational_arithmetic(population, data):
    row, column = data.draw(st.integers(0, population)), data.draw(st.integers(0, population))
    count = data.draw(st.integers(0, min(row, column)))
    ways = sum(
        comb(row, k) * comb(population - row, column - k)
        for k in range(count, min(row, column) + 1)
        if column - k <= population - row
    )
    exact = Fraction(ways, comb(population, column))
    assert float(counts.concentration_tail(count, population, row, column)) == pytest.approx(float(exact), rel=1e-8)


def test_concentration_of_the_criminal_twins():
    # Fisher 1934, section 21.02: of 30 convicts 13 have a monozygotic twin, 10 of those twins and 2 of the other 17 were
    # convicted; this or more by chance: 619 / 1330665
    assert float(counts.concentration_tail(10, 30, 13, 12)) == pytest.approx(619 / 1330665, rel=1e-9)


# rises --------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 60), st.integers(1, 13))
def test_a_rise_of_poisson_counts_is_the_exact_comparison(count, base, days):
    exact = binomial_at_least(count, count + base, Fraction(1, days + 1))
    assert float(counts.rise_tail(count, base, 1 / days, 1)) == pytest.approx(float(exact), rel=1e-8)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 60), st.floats(0.05, 3), st.floats(1, 8))
def test_a_rise_has_the_stated_mean_and_variance(count, base, ratio, dispersion):
    values = np.arange(0, 20_000)
    tails = counts.rise_tail(values, base, ratio, dispersion)  # E X = sum of P(X >= k), k >= 1
    mean = float(tails[1:].sum())
    second = float(((2 * values[1:] - 1) * tails[1:]).sum())
    assert mean == pytest.approx((base + 1) * ratio, rel=1e-6)
    assert second - mean**2 == pytest.approx(dispersion * (base + 1) * ratio * (1 + ratio), rel=1e-5)
    assert tails[0] == 1
    assert tails[count] <= tails[count - 1]


def test_spread_below_poisson_is_not_believed():
    assert counts.rise_tail(12, 20, 0.25, 0.2) == counts.rise_tail(12, 20, 0.25, 1)


@pytest.mark.parametrize("level", [0.05, 1e-4, 1e-9])
@pytest.mark.parametrize(
    ("base", "ratio", "dispersion"), [(0, 0.25, 1), (20, 1 / 8, 1), (20, 1 / 8, 3), (900, 1.2, 1.7)]
)
def test_the_limit_of_a_rise_is_the_smallest_count_below_a_level(base, ratio, dispersion, level):
    tails = counts.rise_tail(np.arange(5000), base, ratio, dispersion)
    assert int(counts.rise_limit(level, base, ratio, dispersion)) == int(np.argmax(tails < level))


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, 1), (4, 1), (40, 1), (4, 3), (40, 3)])
def test_false_alarms_are_as_rare_as_stated(mean, dispersion):
    # a day after eight of its kind in a window of 48, spread estimated from the window as int_topic_rise_day does
    rng = np.random.default_rng(12328)
    size = 20_000
    draw = (
        rng.poisson if dispersion == 1 else lambda m, s: rng.negative_binomial(m / (dispersion - 1), 1 / dispersion, s)
    )
    window, today = draw(mean, (size, 6, 8)), draw(mean, size)
    kinds = window.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = np.where(kinds > 0, (window**2).sum(axis=2) * 8 / kinds - kinds, 0)
        spread = squared.sum(axis=1) / np.maximum((kinds > 0).sum(axis=1) * 7, 1)
    p = counts.rise_tail(today, kinds[:, 0], 1 / 8, spread)
    # an estimated spread costs a little: at most a quarter more than stated in 5 %, half as much again in 1 %
    assert np.mean(p <= 0.05) <= 0.0625
    assert np.mean(p <= 0.01) <= 0.015


def test_series_vary_like_poisson_counts_or_more():
    rng = np.random.default_rng(96199)
    means = rng.uniform(5, 200, 4000)
    before = rng.poisson(means)
    assert counts.series_dispersion(rng.poisson(1.3 * means), before, 1.3) == pytest.approx(1, abs=0.06)
    wide = rng.negative_binomial(means / 3, 1 / 4), rng.negative_binomial(means / 3, 1 / 4)
    assert counts.series_dispersion(*wide, 1.0) == pytest.approx(4, rel=0.1)


def test_a_few_rises_do_not_hide_themselves():
    rng = np.random.default_rng(12345)
    means = np.full(400, 50)
    before, after = rng.poisson(means), rng.poisson(means)
    after[:8] = 500
    assert counts.series_dispersion(after, before, 1.0) < 1.3


def test_no_series_at_all_vary_like_poisson_counts():
    assert counts.series_dispersion([], [], 1.0) == 1
    assert counts.series_dispersion([0], [0], 1.0) == 1


# multiplicity -------------------------------------------------------------------------------------------


def test_false_discovery_gives_the_worked_examples():
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "BH") and "BY"
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert multiplicity.false_discovery(p_values, 4) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert multiplicity.false_discovery(p_values, 4, any_dependence=True) == pytest.approx(
        [0.0416667, 0.0833333, 0.0833333, 0.0416667], abs=1e-7
    )


@given(st.lists(st.floats(1e-9, 0.2), min_size=1, max_size=12), st.integers(0, 5))
def test_a_p_value_is_found_just_when_it_is_below_its_own_level(p_values, more):
    tests = len(p_values) + more
    for own, level in enumerate(multiplicity.own_level(p_values, tests, 0.05)):
        for value in (level * 0.9999, level * 1.0001):
            moved = [value if index == own else p for index, p in enumerate(p_values)]
            assert (multiplicity.false_discovery(moved, tests)[own] < 0.05) == (value < level)


def test_false_discovery_of_benjamini_and_hochberg_1995():
    # table 1 of the paper: 15 p-values of thrombolysis; at 5 % four are significant
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
                0.7590, 1.0]  # fmt: skip
    assert sum(p <= 0.05 for p in multiplicity.false_discovery(p_values, 15)) == 4


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12), st.integers(0, 30), st.booleans())
def test_tests_left_out_count_as_certain(p_values, more, any_dependence):
    adjusted = multiplicity.false_discovery(p_values, len(p_values) + more, any_dependence=any_dependence)
    padded = multiplicity.false_discovery(p_values + [1.0] * more, len(p_values) + more, any_dependence=any_dependence)
    assert adjusted == pytest.approx(padded[: len(p_values)])


def test_a_family_is_no_smaller_than_its_tests():
    with pytest.raises(ValueError, match="2 p-values in a family of 1"):
        multiplicity.false_discovery([0.1, 0.2], 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: counts.poisson_interval(-1, 0.95),
        lambda: counts.share_interval(5, 4, 0.95),
        lambda: counts.share_tail(5, 4, 0.5),
        lambda: counts.concentration_tail(1, 10, 11, 2),
        lambda: counts.rise_tail(1, -1, 0.5, 1),
    ],
)
def test_impossible_counts_are_refused(call):
    with pytest.raises(ValueError, match="cannot be negative"):
        call()
