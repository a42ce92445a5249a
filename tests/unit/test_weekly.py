"""Weekly evidence: its defining properties by enumeration, the figures of the design by simulation."""

from math import comb

import numpy as np
import pytest

from hotline.statistics import rates, weekly

P_HONEST = weekly.boundary(0.05, 0.02)
YEAR = 2025


def paths(bad: np.ndarray, calls: int) -> tuple[np.ndarray, np.ndarray]:
    """Statistic since the beginning and e-process of the year, as the module gives them, a row a simulated platform."""
    found = [weekly.path([(YEAR, calls, int(b), P_HONEST) for b in row]) for row in bad]
    return np.array([[w.sr for w in row] for row in found]), np.array([[w.e_year for w in row] for row in found])


@pytest.mark.parametrize("calls", [1, 3, 5])
@pytest.mark.parametrize(("population", "admitted"), [(77, 3), (441, 22), (2843, 142)])
def test_a_weeks_evidence_has_mean_at_most_one(calls, population, admitted):
    """Drawn without replacement, callers err as often as allowed for, up to 5 % bad."""
    mean = np.zeros(weekly.GRID.size)
    for truly in range(calls + 1):
        drawn = comb(admitted, truly) * comb(population - admitted, calls - truly) / comb(population, calls)
        for wrong in range(calls - truly + 1):
            good = calls - truly - wrong
            chance = drawn * comb(calls - truly, wrong) * 0.02**wrong * 0.98**good
            mean += chance * np.exp(weekly.week_evidence(calls, truly + wrong, P_HONEST))
    assert np.all(mean <= 1 + 1e-9)


def test_a_week_without_calls_says_nothing():
    assert np.all(weekly.week_evidence(0, 0, P_HONEST) == 0)
    with pytest.raises(ValueError, match="2 bad of 1"):
        weekly.week_evidence(1, 2, P_HONEST)


def test_the_year_starts_anew_and_the_watch_goes_on():
    (*_, last, first) = weekly.path([(2024, 3, 3, P_HONEST)] * 3 + [(2025, 3, 0, P_HONEST)])
    assert last.e_year > 20
    assert first.e_year < 1
    assert first.sr > last.sr * 0.01 > first.e_year


def test_a_fifty_third_week_opens_nothing():
    weeks = weekly.path([(2026, 1, 0, P_HONEST)] * 53)
    assert weeks[52].e_year < weeks[51].e_year
    # with nothing found at all E is what all starts are worth: it cannot rise
    silent = weekly.path([(2026, 0, 0, P_HONEST)] * 53)
    assert [round(week.e_year, 12) for week in silent] == [1.0] * 53


def test_hundreds_of_bad_calls_are_numbers_and_later_weeks_too():
    weeks = weekly.path([(2026, 470, 270, P_HONEST), (2026, 300, 300, P_HONEST), (2026, 300, 0, P_HONEST)])
    assert all(np.isfinite(value) and value >= 0 for week in weeks for value in week)
    assert weeks[0].e_year > 1e100 and weeks[1].sr > 1e300


def test_the_path_of_the_design_and_why_products_are_not_offered():
    e_values = [rates.e_value(441, 4, passed, 419) for passed in (4, 4, 3, 4, 2, 3, 2)]
    assert [round(value, 4) for value in weekly.shiryaev_roberts(e_values)] == [
        0.1981, 0.2373, 1.4797, 0.4912, 24.1503, 30.0778, 503.3064,
    ]  # fmt: skip
    assert np.prod(e_values) == pytest.approx(2.9158, abs=1e-4)


def test_the_statistic_restarts_after_impossible_weeks():
    assert list(weekly.shiryaev_roberts([3.0, 0.0, 2.0])) == [3.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("calls", "truly_bad", "of_twenty", "of_threehundred", "median_weeks"),
    [(1, 0.5, (0.79, 1), (0.52, 0.96), 8), (3, 0.2, (0.39, 0.81), (0.15, 0.55), 14), (3, 0.3, (0.84, 1), (0.61, 0.97), 7),
     (5, 0.2, (0.63, 0.97), (0.35, 0.86), 10)],
)  # fmt: skip
def test_how_soon_a_change_is_seen(calls, truly_bad, of_twenty, of_threehundred, median_weeks):
    """After 26 clean weeks a share becomes bad; within a year, 13 and 26 weeks later."""
    random, found = np.random.default_rng(20240915), truly_bad + (1 - truly_bad) * 0.02
    clean, changed = random.binomial(calls, 0.02, (400, 26)), random.binomial(calls, found, (400, 26))
    sr, e_year = paths(np.hstack([clean, changed]), calls)
    for limit, expected in ((20, of_twenty), (300, of_threehundred)):
        for weeks, share in zip((13, 26), expected, strict=True):
            assert np.mean(np.any(e_year[:, 26 : 26 + weeks] >= limit, axis=1)) == pytest.approx(share, abs=0.07)
    seen = sr[:, 26:] >= 520
    first = np.where(seen.any(axis=1), seen.argmax(axis=1) + 1, 99)
    assert abs(np.median(first) - median_weeks) <= 1


@pytest.mark.parametrize(("bad", "share"), [(0.069, 0.013), (0.01 + 0.99 * 0.02, 0.0003)])
def test_the_honest_are_seldom_seen_within_a_year(bad, share):
    random = np.random.default_rng(7)
    _, e_year = paths(random.binomial(3, bad, (800, 52)), 3)
    assert np.mean(np.any(e_year >= 20, axis=1)) <= share + 0.008 <= 0.05
