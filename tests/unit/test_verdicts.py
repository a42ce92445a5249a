"""Verdicts against numbers computed by other formulas: fractions, enumeration, and the figures of the design (section 10)."""

import time
from fractions import Fraction
from math import ceil, comb, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.statistics import rates, verdicts
from hotline.statistics.multiplicity import holm
from hotline.statistics.verdicts import Claim

LEVEL = 0.025 / 15
FRAMES = (77, 181, 200, 246, 259, 287, 296, 343, 375, 402, 441, 479, 553, 2294, 2843)


def exact_p(bad: int, population: int, admitted: int, sampled: int, error: Fraction) -> Fraction:
    """P(Z >= bad) by going through every number of truly bad tickets and of errors."""
    total = Fraction(0)
    for truly in range(max(0, sampled - population + admitted), min(sampled, admitted) + 1):
        ways = Fraction(comb(admitted, truly) * comb(population - admitted, sampled - truly), comb(population, sampled))
        for wrong in range(sampled - truly + 1):
            if truly + wrong >= bad:
                rest = sampled - truly - wrong
                total += ways * comb(sampled - truly, wrong) * error**wrong * (1 - error) ** rest
    return total


@st.composite
def frames(draw):
    population = draw(st.integers(1, 60))
    sampled = draw(st.integers(0, min(population, 9)))
    return draw(st.integers(0, sampled)), population, draw(st.integers(0, population)), sampled


@settings(deadline=None)
@given(frames(), st.integers(0, 40))
def test_p_equals_exact_rational_arithmetic(frame, thousandths):
    error = Fraction(thousandths, 1000)
    assert verdicts.p_at_least(*frame, float(error)) == pytest.approx(
        float(exact_p(*frame, error)), rel=1e-9, abs=1e-14
    )


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ((1, 441, 0, 4), 0.07763), ((2, 441, 0, 4), 0.00234), ((3, 441, 0, 4), 3.15e-5), ((4, 441, 0, 4), 1.6e-7),
        ((1, 441, 0, 29), 0.443), ((2, 441, 0, 29), 0.114), ((3, 441, 0, 29), 0.0198), ((4, 441, 0, 29), 0.00255),
        ((5, 441, 0, 29), 2.54e-4), ((3, 2294, 2294 - 2283, 4), 5.859e-5), ((1, 259, 1, 4), 0.09188),
    ],
)  # fmt: skip
def test_p_at_an_error_of_two_percent(frame, expected):
    assert verdicts.p_at_least(*frame, 0.02) == pytest.approx(expected, rel=3e-3)


def test_without_error_one_bad_ticket_is_impossible_and_the_test_is_the_hypergeometric_one():
    assert verdicts.p_at_least(1, 441, 0, 4, 0) == 0
    assert verdicts.p_at_least(3, 441, 22, 4, 0) == pytest.approx(rates.p_at_most(1, 441, 419, 4), rel=1e-12)


@pytest.mark.parametrize(
    ("bad", "tipping", "tipping_of_fifteen"),
    [(1, 0.012741, 0.000834), (2, 0.097611, 0.023952), (3, 0.248605, 0.096490), (4, 0.472871, 0.240281)],
)
def test_tipping_error(bad, tipping, tipping_of_fifteen):
    assert verdicts.tipping_error(bad, 441, 0, 4, 0.05) == pytest.approx(tipping, abs=1e-6)
    assert verdicts.tipping_error(bad, 441, 0, 4, 0.05 / 15) == pytest.approx(tipping_of_fifteen, abs=1e-6)


def test_nothing_found_has_no_tipping_error():
    assert verdicts.tipping_error(0, 441, 0, 4, 0.05) is None
    assert verdicts.tipping_error(1, 259, 30, 4, 0.05) is None  # the report admits enough


@pytest.mark.parametrize(
    ("error", "needed"), [(0.02, [3, 3, 5, 6]), (0.001, [2, 2, 2, 2]), (0.005, [2, 2, 3, 4])]
)  # fmt: skip
def test_critical_numbers_of_bad_calls(error, needed):
    assert [verdicts.critical_bad(441, 0, n, error, LEVEL) for n in (4, 12, 29, 59)] == needed


def test_holm_over_the_fifteen_planned_platforms():
    # reports of "at least 95 %", four calls each: the six of September 2024
    found = {(441, 4): 7.058e-5, (2294, 3): 0.006458, (2843, 3): 0.006458, (181, 1): 1, (200, 1): 1, (259, 1): 1}
    p = {k: verdicts.p_at_least(k[1], k[0], k[0] - rates.fewest_good_at_least(95, k[0]), 4, 0) for k in found}
    adjusted = dict(zip(p, holm(list(p.values()), tests=15), strict=True))
    for frame, expected in found.items():
        assert adjusted[frame] == pytest.approx(expected, rel=2e-2), frame


def test_a_platform_without_its_rates_makes_nobody_elses_finding_easier():
    assert holm([0.001, 0.002], tests=15) == pytest.approx([0.015, 0.028])
    assert holm([0.001], tests=15) == [0.015]
    with pytest.raises(ValueError, match="family"):
        holm([0.1, 0.2], tests=1)


# what the report admits ---------------------------------------------------------------------------------


def test_the_lenient_reading_is_never_stricter():
    assert rates.lenient_good("99.54", 402) == 400  # no count prints so: 401 would be "with the benefit of rounding"
    for population in range(1, 300):
        for text in ("100", "100.00", "99.54", "99.5", "98.75", "0", "0.01", "33.3"):
            assert rates.lenient_good(text, population) <= rates.good_at_rate(text, population)


def test_claims_admit_together_what_each_admits_and_silence_admits_a_fixed_rate():
    assert verdicts.admitted_bad([Claim("100.00", 441)] * 3, "95") == 0
    assert verdicts.admitted_bad([Claim("100.00", 441), Claim("99.00", 400), Claim("95.00", 77)], "95") == 4 + 4
    assert verdicts.admitted_bad([Claim(None, 441)] * 3, "95") == 3 * 22


def test_a_frozen_frame_does_not_flip():
    # reported 98.75 %, three of four good: who may add one ticket afterwards decides, so N is that of the draw
    p = {n: verdicts.p_at_least(1, n, n - rates.good_at_rate("98.75", n), 4, 0) for n in (200, 201)}
    assert p[200] == pytest.approx(0.03970, abs=5e-6)
    assert p[201] == pytest.approx(0.05881, abs=5e-6)


# bounds and clearance -----------------------------------------------------------------------------------


def test_bounds_of_four_good_calls():
    assert rates.bounds(553, 4, 4)[0] == 263
    assert rates.bounds(553, 4, 4, 1 - 0.05 / 15)[0] == 135


def test_who_was_not_reached_counts_for_neither_side():
    found = verdicts.bounds_by_reach(441, 29, 22, 0, 0.95)
    assert [round(100 * good / 441, 2) for good in found] == [60.09, 90.70]


@pytest.mark.parametrize(("population", "needed"), [(77, (30, 44, 53)), (441, (40, 60, 77)), (2843, (42, 65, 84))])
def test_calls_that_clear(population, needed):
    for bad, calls in enumerate(needed):
        assert (
            verdicts.clearance(population, calls, bad, 0.1) >= 20 > verdicts.clearance(population, calls - 1, bad, 0.1)
        )


@pytest.mark.parametrize("population", [77, 441])
def test_clearance_has_mean_at_most_one_for_whoever_has_a_tenth_bad(population):
    sampled, boundary = 12, ceil(population / 10)
    for truly in range(boundary, population, 13):
        mean = sum(
            Fraction(comb(truly, b) * comb(population - truly, sampled - b), comb(population, sampled))
            * Fraction(verdicts.clearance(population, sampled, b, 0.1))
            for b in range(sampled + 1)
            if truly >= b and population - truly >= sampled - b
        )
        assert mean <= 1 + 1e-9


def test_an_e_value_of_a_million_tickets_is_quick_and_a_number():
    begin = time.process_time()
    assert 0 < rates.e_value(1_000_000, 400, 350, 950_000) < inf
    assert rates.e_value(1_000_000, 4, 4, 0) == 1
    assert rates.e_value(1_000_000, 60_000, 0, 950_000) == inf
    assert time.process_time() - begin < 0.1


@pytest.mark.parametrize(("population", "sampled", "passed"), [(10_000, 260, 0), (6_000, 290, 0), (50_000, 300, 30)])
def test_evidence_beyond_floating_point_is_infinite_and_no_error(population, sampled, passed):
    assert rates.e_value(population, sampled, passed, population * 95 // 100) > 1e200
    assert verdicts.clearance(100_000_000, 10_000, 0, 0.1) == inf


# the error of a call ------------------------------------------------------------------------------------


def test_the_error_of_a_call_starts_assumed_and_becomes_what_second_calls_bound():
    def error(pairs, differing):
        return verdicts.call_error(pairs, differing, 0.02, 0.005, 150, 0.95)

    assert error(0, 0) == error(149, 0) == 0.02
    assert error(150, 0) == pytest.approx(1 - 0.05 ** (1 / 150))
    assert error(600, 0) == 0.005
    assert error(5000, 0) == 0.005
    assert error(100, 8) > 0.08  # fewer than enough pairs already show that 2 % is too small
    assert error(3, 3) < 1
    with pytest.raises(ValueError, match="differ"):
        error(3, 4)


def test_two_blind_callers_err_together_less_often_but_never_never():
    assert verdicts.confirmed_error(0.1, 0.001) == pytest.approx(0.01)
    assert verdicts.confirmed_error(0.005, 0.001) == 0.001


# the whole rule, by enumeration -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "calls", "percent"),
    [
        ("100.00", 4, 0.05), ("99.00", 4, 0.15), ("95.00", 4, 0.03), ("100.00", 12, 2.28), ("99.00", 12, 0.11),
        ("95.00", 12, 0.0), ("100.00", 29, 0.38), ("99.00", 29, 0.07), ("95.00", 29, 0.0),
    ],
)  # fmt: skip
def test_honest_platforms_are_named_in_few_months(text, calls, percent):
    """Fifteen platforms report three rates that are true of the same tickets, callers err as often as allowed for: the
    months in which anybody is named."""
    nobody = Fraction(1)
    for population in FRAMES:
        admitted = min(population, verdicts.admitted_bad([Claim(text, population)] * 3, "95"))
        truly = population - rates.good_at_rate(text, population)
        critical = verdicts.critical_bad(population, admitted, calls, 0.02, LEVEL)
        named = exact_p(critical, population, truly, calls, Fraction(2, 100)) if critical else Fraction(0)
        nobody *= 1 - named
    assert float(100 * (1 - nobody)) == pytest.approx(percent, abs=0.02)
