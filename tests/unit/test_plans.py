"""Sizes of samples against the figures of the design and against plain search."""

from fractions import Fraction
from math import comb

import pytest

from hotline.statistics import plans

LEVEL = 0.025 / 15
TO_MEET_A_TENTH = {
    77: 23, 181: 26, 200: 27, 246: 27, 259: 27, 287: 27, 296: 27, 343: 27, 375: 27, 402: 27, 441: 27, 479: 28, 553: 28,
    2294: 29, 2843: 29,
}  # fmt: skip
POWER = [  # calls, error, bad needed, then the chance at 5, 10, 20, 30, 50, 75 % bad
    (4, 0.02, 3, (0.00, 0.00, 0.03, 0.08, 0.31, 0.74)),
    (12, 0.02, 3, (0.02, 0.11, 0.45, 0.76, 0.98, 1)),
    (29, 0.02, 5, (0.01, 0.16, 0.73, 0.97, 1, 1)),
    (59, 0.02, 6, (0.07, 0.58, 0.99, 1, 1, 1)),
    (4, 0.001, 2, (0.02, 0.05, 0.18, 0.35, 0.69, 0.95)),
    (12, 0.001, 2, (0.13, 0.35, 0.73, 0.92, 1, 1)),
    (29, 0.001, 2, (0.46, 0.82, 0.99, 1, 1, 1)),
    (59, 0.001, 2, (0.84, 0.99, 1, 1, 1, 1)),
]


@pytest.mark.parametrize(("population", "calls"), TO_MEET_A_TENTH.items())
def test_calls_that_meet_a_bad_ticket(population, calls):
    assert plans.to_meet(population, 0.1) == calls
    bad = -(-population // 10)
    missed = [Fraction(comb(population - bad, n), comb(population, n)) for n in (calls - 1, calls)]
    assert missed[0] > Fraction(1, 20) >= missed[1]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.05, {77: 40, 441: 53, 2843: 58}), (0.2, {77: 12, 441: 14, 2843: 14})]
)
def test_calls_that_meet_other_shares(share, expected):
    assert {n: plans.to_meet(n, share) for n in expected} == expected


@pytest.mark.parametrize(
    ("population", "error", "first"),
    [
        (441, 0.02, (108, 37, 20)), (441, 0.001, (36, 18, 12)), (2843, 0.02, (127, 38, 21)), (2843, 0.001, (38, 18, 12)),
        (77, 0.02, (72, 33, 19)), (77, 0.001, (31, 16, 11)),
    ],
)  # fmt: skip
def test_calls_that_name(population, error, first):
    assert tuple(plans.to_name(population, share, error, LEVEL).first for share in (0.1, 0.2, 0.3)) == first


def test_the_power_is_a_saw_tooth():
    found = plans.to_name(441, 0.1, 0.02, LEVEL)
    assert found == (108, 119)
    reached = [plans.power(441, 0, 45, n, 0.02, LEVEL) >= 0.9 for n in range(108, 442)]
    assert not all(reached[: 119 - 108])
    assert all(reached[119 - 108 :])
    assert plans.to_name(441, 0.1, 0.005, LEVEL).first == 62


@pytest.mark.parametrize(("calls", "error", "needed", "chances"), POWER)
def test_power_at_441_tickets(calls, error, needed, chances):
    assert plans.critical_bad(441, 0, calls, error, LEVEL) == needed
    for share, chance in zip((5, 10, 20, 30, 50, 75), chances, strict=True):
        bad = -(-441 * share // 100)
        assert plans.power(441, 0, bad, calls, error, LEVEL) == pytest.approx(chance, abs=0.011)


def test_a_plan_for_those_who_answer():
    assert plans.drawn_for(27, 1) == 27
    assert plans.drawn_for(27, 0.6) == 45
    with pytest.raises(ValueError, match="reach rate"):
        plans.drawn_for(27, 0)
