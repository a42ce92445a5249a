"""The GRIM macros against their own definition: try every whole number, print it as a document does, compare."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import dbt_macros
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MACROS = dbt_macros.load("cross_engine", "decimals", "claims")
COUNTS = f"""
    select {MACROS.grim_fewest("value", "decimals", "n")}, {MACROS.grim_most("value", "decimals", "n")}
    from (select cast(? as decimal(18, 6)) as value, cast(? as integer) as decimals, cast(? as hugeint) as n)
"""
BASES = f"""
    select {MACROS.base_fewest("value", "decimals", "tickets", 100, 100)},
        {MACROS.base_most("value", "decimals", "tickets", 100, 100)},
        {MACROS.base_nearest("value", "decimals", "tickets", 100, 100)}
    from (select cast(? as decimal(18, 4)) as value, cast(? as integer) as decimals, cast(? as decimal(18, 4)) as tickets)
"""
places = st.integers(0, 3)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        yield opened


def printed(value: Fraction, decimals: int) -> Decimal:
    """Half-up, away from zero, in exact arithmetic."""
    scaled = abs(value) * 10**decimals
    units = int(scaled + Fraction(1, 2))
    return (Decimal(units) if value >= 0 else -Decimal(units)).scaleb(-decimals)


def counts(connection, value: Decimal, decimals: int, n: int) -> range:
    fewest, most = connection.execute(COUNTS, [value, decimals, n]).fetchone()
    return range(int(fewest), int(most) + 1)


def bases(connection, value: Decimal, decimals: int, tickets: int) -> range:
    fewest, most, _ = connection.execute(BASES, [value, decimals, tickets]).fetchone()
    return range(int(fewest), int(most) + 1)


@settings(deadline=None)
@given(st.data(), st.integers(1, 300_000), places)
def test_every_true_rate_is_possible(connection, data, n, decimals):
    good = data.draw(st.integers(0, n))
    value = printed(Fraction(100 * good, n), decimals)
    assert good in counts(connection, value, decimals, n)


@settings(deadline=None)
@given(st.integers(1, 120), places, st.data())
def test_the_counts_are_all_that_print_so_and_no_others(connection, n, decimals, data):
    value = Decimal(data.draw(st.integers(0, 100 * 10**decimals))).scaleb(-decimals)
    expected = [good for good in range(n + 1) if printed(Fraction(100 * good, n), decimals) == value]
    assert list(counts(connection, value, decimals, n)) == expected


@pytest.mark.parametrize(
    ("stated", "n", "possible"),
    [
        ("99.54", 402, False), ("98.62", 402, False), ("99.84", 1074, False), ("99.67", 296, False),
        ("99.42", 485, False), ("99.65", 547, False), ("99.99", 6772, True), ("99.00", 217476, True),
        ("19.14", 6101, True), ("41.68", 1168, False), ("52.56", 1168, False), ("5.76", 1168, False),
        ("41.68", 1250, True), ("52.56", 1250, True), ("5.76", 1250, True),
        ("12.5", 8, True), ("13", 8, True), ("12", 8, False), ("0.00", 7, True), ("100.00", 7, True),
    ],
)  # fmt: skip
def test_known_percentages(connection, stated, n, possible):
    decimals = len(stated.partition(".")[2])
    assert bool(counts(connection, Decimal(stated), decimals, n)) == possible


@settings(deadline=None)
@given(st.integers(1, 300_000), st.integers(1, 300_000), places)
def test_every_true_growth_has_its_base(connection, tickets, base, decimals):
    value = printed(Fraction(100 * (tickets - base), base), decimals)
    if value > -100:
        assert base in bases(connection, value, decimals, tickets)


@settings(deadline=None)
@given(st.integers(1, 150), st.integers(0, 2), st.data())
def test_the_bases_are_all_that_grow_so_and_no_others(connection, tickets, decimals, data):
    value = Decimal(data.draw(st.integers(-90 * 10**decimals, 200 * 10**decimals))).scaleb(-decimals)
    tried = range(1, 11 * tickets + 12)  # at -90 % the base is ten times as large; rounding adds a little
    expected = [base for base in tried if printed(Fraction(100 * (tickets - base), base), decimals) == value]
    found = [base for base in bases(connection, value, decimals, tickets) if base in tried]
    assert found == expected


def test_nearest_base_is_rounded_half_up(connection):
    *_, nearest = connection.execute(BASES, [Decimal("31.51"), 2, 219751]).fetchone()
    assert nearest == int((Decimal(219751) / Decimal("1.3151")).quantize(Decimal(1), ROUND_HALF_UP)) == 167098
