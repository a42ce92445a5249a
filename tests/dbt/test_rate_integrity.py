"""45 rows: what the province's 60 checks say of the reported rates, recomputed here in exact fractions."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import comb

import pytest

RATES = ("callback", "close", "satisfaction")
CONTRADICTED = {"210100", "210200", "210300", "210500", "210900", "211200"}


def at_most(passed: int, population: int, good: int, sampled: int) -> Fraction:
    ways = sum(comb(good, k) * comb(population - good, sampled - k) for k in range(passed + 1))
    return Fraction(ways, comb(population, sampled))


def percent(count: int, population: int) -> Decimal:
    return (Decimal(100 * count) / population).quantize(Decimal("0.0001"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def integrity(query):
    rows = query("select * from mart_rate_integrity where month = '2024-09-01'")
    return {(row["platform_code"], row["rate"]): row for row in rows}


def test_one_row_per_platform_and_rate(integrity, published):
    platforms = [row["platform_code"] for row in published("annex2_spot_check")]
    assert set(integrity) == {(platform, rate) for platform in platforms for rate in RATES}
    assert len(integrity) == 45


def test_counts_are_the_published_ones(integrity, published):
    complaints = {row["platform_code"]: int(row["complaint"]) for row in published("annex3_volume_by_platform")}
    for check in published("annex2_spot_check"):
        for rate in RATES:
            row = integrity[check["platform_code"], rate]
            sampled = int(check["sampled_tickets"])
            assert row["population"] == complaints[check["platform_code"]]
            assert row["sampled"] == sampled
            assert row["passed"] * 100 == int(check[f"audited_{rate}_pct"]) * sampled
            assert row["audited_value"] == int(check[f"audited_{rate}_pct"])
            assert row["reported_value"] == int(check[f"reported_{rate}_pct"])
            assert row["reported_good"] == row["population"]


def test_p_values_are_exact(integrity):
    for row in integrity.values():
        population, sampled, passed = row["population"], row["sampled"], row["passed"]
        good95, good90 = -(-95 * population // 100), -(-90 * population // 100)
        assert row["p_value"] == at_most(passed, population, population, sampled)
        assert row["p_value_95"] == pytest.approx(float(at_most(passed, population, good95, sampled)), rel=1e-9)
        assert row["p_value_90"] == pytest.approx(float(at_most(passed, population, good90, sampled)), rel=1e-9)
        # 100 was printed without decimals: 99.5 % still prints so, the most lenient reading
        rounded = -(-995 * population // 1000)
        assert row["reported_good_rounded"] == rounded
        assert row["p_value_rounded"] == pytest.approx(float(at_most(passed, population, rounded, sampled)), rel=1e-9)


def test_bounds_are_exact(integrity):
    level = Fraction(1, 20)
    for counts in {(row["population"], row["sampled"], row["passed"]) for row in integrity.values()}:
        population, sampled, passed = counts
        possible = range(passed, population - (sampled - passed) + 1)
        lower = next(k for k in possible if at_most(sampled - passed, population, population - k, sampled) > level)
        upper = next(k for k in reversed(possible) if at_most(passed, population, k, sampled) > level)
        for row in integrity.values():
            if (row["population"], row["sampled"], row["passed"]) == counts:
                assert (row["lower95_good"], row["upper95_good"]) == (lower, upper)
                assert (row["lower95"], row["upper95"]) == (percent(lower, population), percent(upper, population))


def test_six_platforms_are_contradicted_and_their_grade_is_a_doubt(integrity):
    for (platform, rate), row in integrity.items():
        contradicted = platform in CONTRADICTED
        assert row["is_contradicted"] is contradicted, (platform, rate)
        assert row["evidence_grade"] == ("B" if contradicted else "D")  # nobody recorded how the calls were drawn
        assert row["p_adjusted"] == (0 if contradicted else 1)
        assert row["is_small_sample"] is True


def test_four_good_checks_prove_little(integrity):
    passed = [row for row in integrity.values() if row["passed"] == 4]
    assert len(passed) == 27
    assert all(47 < row["lower95"] < 49 and row["upper95"] == 100 and row["e_value"] < 1 for row in passed)


def test_e_value_is_the_mixture_against_95_percent(integrity):
    row = integrity["210300", "close"]
    population, sampled = row["population"], row["sampled"]
    boundary = -(-95 * population // 100)
    mixture = sum(at_most(0, population, good, sampled) for good in range(boundary)) / boundary
    assert row["e_value"] == pytest.approx(float(mixture / at_most(0, population, boundary, sampled)), rel=1e-9)
    assert row["e_value"] > 20


def test_computed_rates_stand_beside_the_reported_ones(integrity):
    for row in integrity.values():
        assert 0 <= row["computed_numerator"] <= row["computed_denominator"] <= row["population"]
        assert row["computed_value"] == percent(row["computed_numerator"], row["computed_denominator"])
