"""The statistics against exact rational arithmetic, textbook figures and their own defining properties."""

from decimal import Decimal
from fractions import Fraction
from math import comb, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.statistics import multiplicity, rates

TOLERANCE = 1e-9


def exact_pmf(k: int, population: int, good: int, sampled: int) -> Fraction:
    """Hypergeometric probability as a fraction, straight from its definition."""
    return Fraction(comb(good, k) * comb(population - good, sampled - k), comb(population, sampled))


def exact_cdf(passed: int, population: int, good: int, sampled: int) -> Fraction:
    return sum((exact_pmf(k, population, good, sampled) for k in range(passed + 1)), Fraction(0))


def exact_bounds(population: int, sampled: int, passed: int, alpha: Fraction) -> tuple[int, int]:
    """Bounds by trying every count, instead of bisection."""
    possible = range(passed, population - (sampled - passed) + 1)
    lower = min(k for k in possible if 1 - exact_cdf(passed - 1, population, k, sampled) > alpha)
    upper = max(k for k in possible if exact_cdf(passed, population, k, sampled) > alpha)
    return lower, upper


@st.composite
def samples(draw, largest: int = 120):
    population = draw(st.integers(1, largest))
    sampled = draw(st.integers(0, min(population, 12)))
    return population, sampled, draw(st.integers(0, sampled))


# probabilities ------------------------------------------------------------------------------------------


@given(samples(), st.data())
def test_p_value_equals_exact_rational_arithmetic(sample, data):
    population, sampled, passed = sample
    good = data.draw(st.integers(0, population))
    expected = float(exact_cdf(passed, population, good, sampled))
    assert rates.p_at_most(passed, population, good, sampled) == pytest.approx(expected, rel=TOLERANCE, abs=1e-300)


def test_p_value_of_the_lady_tasting_tea():
    # Fisher, The Design of Experiments (1935): all four right has probability 1/70, three or more 17/70
    assert 1 - rates.p_at_most(3, 8, 4, 4) == pytest.approx(1 / 70)
    assert 1 - rates.p_at_most(2, 8, 4, 4) == pytest.approx(17 / 70)


def test_one_failed_ticket_refutes_a_claim_of_all():
    assert rates.p_at_most(3, 181, 181, 4) == 0
    assert rates.p_at_most(4, 181, 181, 4) == 1


@pytest.mark.parametrize(("population", "sampled", "passed"), [(10, 4, 5), (3, 4, 2), (10, 4, -1)])
def test_impossible_counts_are_refused(population, sampled, passed):
    with pytest.raises(ValueError, match="sampled"):
        rates.p_at_most(passed, population, 2, sampled)
    with pytest.raises(ValueError, match="sampled"):
        rates.bounds(population, sampled, passed)


def test_more_good_than_there_are_is_refused():
    with pytest.raises(ValueError, match="11 good of 10"):
        rates.p_at_most(2, 10, 11, 4)


# bounds -------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(samples(), st.sampled_from([Fraction(1, 20), Fraction(1, 10), Fraction(1, 100)]))
def test_bounds_equal_an_exhaustive_exact_search(sample, alpha):
    population, sampled, passed = sample
    assert rates.bounds(population, sampled, passed, 1 - float(alpha)) == exact_bounds(
        population, sampled, passed, alpha
    )


def test_a_probability_of_exactly_the_level_is_not_above_it():
    # 1 bad of 20, 1 drawn: it is the bad one with probability exactly 1/20, so 19 good are just refuted
    assert rates.bounds(20, 1, 0) == (0, 18)
    assert rates.bounds(20, 1, 1) == (2, 20)


@pytest.mark.parametrize("good", [0, 3, 17, 30, 38, 40])
def test_bounds_cover_at_their_confidence(good):
    # the defining property: whatever the truth, the bound is wrong in at most 5 % of all samples
    population, sampled = 40, 6
    missed_below = missed_above = Fraction(0)
    for passed in range(max(0, sampled - (population - good)), min(good, sampled) + 1):
        lower, upper = rates.bounds(population, sampled, passed)
        missed_below += exact_pmf(passed, population, good, sampled) * (good > upper)
        missed_above += exact_pmf(passed, population, good, sampled) * (good < lower)
    assert missed_below <= Fraction(1, 20)
    assert missed_above <= Fraction(1, 20)


def test_four_good_ones_prove_little():
    # without replacement from a large population the bound tends to 0.05 ** (1 / 4) = 47.29 %
    lower, upper = rates.bounds(100_000, 4, 4)
    assert (lower / 1000, upper) == (pytest.approx(47.29, abs=0.005), 100_000)


def test_a_census_leaves_no_doubt():
    assert rates.bounds(25, 25, 19) == (19, 19)


def test_no_sample_says_nothing():
    assert rates.bounds(25, 0, 0) == (0, 25)


# rates as printed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "population", "good"),
    [("100", 441, 441), ("99.54", 402, 400), ("0.5", 100, 1), ("0.4", 100, 0), ("2.5", 20, 1), (Decimal("12.5"), 4, 1)],
)
def test_good_at_rate_rounds_half_up(rate, population, good):
    assert rates.good_at_rate(rate, population) == good


def test_a_binary_float_is_not_a_printed_rate():
    with pytest.raises(TypeError, match="decimal or text"):
        rates.good_at_rate(99.65, 100)


@given(st.integers(1, 5000), st.integers(0, 4), st.data())
def test_fewest_good_is_the_smallest_count_that_still_prints(population, decimals, data):
    good = data.draw(st.integers(0, population))
    printed = half_up(Fraction(100 * good, population), decimals)
    fewest = rates.fewest_good_printed_as(f"{printed:.{decimals}f}", population)
    assert fewest <= good
    assert half_up(Fraction(100 * fewest, population), decimals) == printed
    assert fewest == 0 or half_up(Fraction(100 * (fewest - 1), population), decimals) < printed


def half_up(value: Fraction, decimals: int) -> Decimal:
    units = (2 * value * 10**decimals + 1) // 2
    return Decimal(int(units)).scaleb(-decimals)


def test_fewest_good_at_least_is_exact_at_the_boundary():
    assert rates.fewest_good_at_least(95, 100) == 95
    assert rates.fewest_good_at_least(95, 101) == 96
    assert rates.fewest_good_at_least("33.3", 1000) == 333


# multiplicity -------------------------------------------------------------------------------------------


def test_holm_gives_the_worked_example():
    # p-values 0.01, 0.04, 0.03, 0.005 (R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"))
    assert multiplicity.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0.001, 0.999))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values, alpha):
    remaining = sorted(range(len(p_values)), key=p_values.__getitem__)
    rejected = set()
    while remaining and p_values[remaining[0]] * len(remaining) <= alpha:
        rejected.add(remaining.pop(0))
    adjusted = multiplicity.holm(p_values)
    assert {index for index, p in enumerate(adjusted) if p <= alpha} == rejected


# e-values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("population", "sampled", "good"), [(77, 4, 74), (40, 6, 38), (12, 3, 12), (30, 5, 1)])
def test_e_value_has_mean_at_most_one_under_every_true_hypothesis(population, sampled, good):
    for truth in range(good, population + 1):
        mean = sum(
            float(exact_pmf(passed, population, truth, sampled)) * rates.e_value(population, sampled, passed, good)
            for passed in range(sampled + 1)
            if exact_pmf(passed, population, truth, sampled)
        )
        assert mean <= 1 + TOLERANCE


@settings(deadline=None)
@given(samples(60), st.data())
def test_e_value_equals_exact_rational_arithmetic(sample, data):
    population, sampled, passed = sample
    good = data.draw(st.integers(1, population))
    boundary = exact_pmf(passed, population, good, sampled)
    mixture = sum((exact_pmf(passed, population, k, sampled) for k in range(good)), Fraction(0)) / good
    expected = float(mixture / boundary) if boundary else inf if mixture else 0
    assert rates.e_value(population, sampled, passed, good) == pytest.approx(expected, rel=1e-7)


def test_e_value_of_an_empty_alternative_is_one():
    assert rates.e_value(10, 4, 2, 0) == 1


# whole evidence -----------------------------------------------------------------------------------------


def claim(**changes):
    return {
        "population": 181,
        "sampled": 4,
        "passed": 3,
        "reported_value": Decimal("100.0000"),
        "reported_text": "100",
        "confidence": 0.95,
        "high_rate_percent": Decimal(95),
        "low_rate_percent": Decimal(90),
        **changes,
    }


def test_evidence_on_benxi():
    (evidence,) = rates.family_evidence([claim()])
    assert (evidence.reported_good, evidence.reported_good_rounded) == (181, 181)
    assert (evidence.p_value, evidence.p_value_rounded, evidence.p_adjusted) == (0, 0, 0)
    assert evidence.p_value_95 == pytest.approx(float(exact_cdf(3, 181, 172, 4)), rel=TOLERANCE)
    assert evidence.p_value_90 == pytest.approx(float(exact_cdf(3, 181, 163, 4)), rel=TOLERANCE)
    assert (evidence.lower95_good, evidence.upper95_good) == exact_bounds(181, 4, 3, Fraction(1, 20))


def test_rounding_gives_a_large_platform_the_benefit_of_the_doubt():
    # 100 without decimals is also 2829 of 2843: three bad of four still refute it, one bad of four does not
    three_bad, one_bad = rates.family_evidence([claim(population=2843, passed=1), claim(population=2843)])
    assert three_bad.reported_good_rounded == 2829
    assert three_bad.p_value_rounded < 1e-6
    assert 0.01 < one_bad.p_value_rounded < 0.02
    assert one_bad.p_value == 0


def test_adjustment_is_over_the_whole_family():
    family = [claim(reported_value=Decimal(95), reported_text="95", passed=2), *[claim(passed=4)] * 9]
    first, *rest = rates.family_evidence(family)
    assert first.p_adjusted == pytest.approx(10 * first.p_value)
    assert {evidence.p_adjusted for evidence in rest} == {1.0}


def test_a_rate_above_hundred_claims_no_more_than_all():
    (evidence,) = rates.family_evidence([claim(reported_value=Decimal(101), reported_text="101", passed=4)])
    assert (evidence.reported_good, evidence.p_value) == (181, 1)
