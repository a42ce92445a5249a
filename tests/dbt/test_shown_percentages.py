"""Nothing is shown as 100 % unless it is everything, nor as 0 % unless it is nothing; counts are shown as counts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import dbt_macros
import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

HOME = Path(__file__).resolve().parents[2]
DATASETS = HOME / "superset" / "assets" / "datasets"
MACROS = dbt_macros.load("cross_engine", "decimals")


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        yield opened


def expression(dataset: str, name: str) -> str:
    """SQL of a metric or of a calculated column."""
    asset = yaml.safe_load((DATASETS / f"{dataset}.yaml").read_text(encoding="utf-8"))
    both = {entry.get("metric_name") or entry["column_name"]: entry for entry in asset["metrics"] + asset["columns"]}
    return both[name]["expression"]


@settings(deadline=None)
@given(st.data(), st.integers(1, 20_000_000), st.sampled_from([2, 4]))
def test_a_part_is_a_hundred_percent_only_when_it_is_the_whole(connection, data, whole, places):
    part = data.draw(
        st.one_of(st.integers(0, whole), st.integers(max(0, whole - 3), whole), st.integers(0, min(3, whole)))
    )
    (value,) = connection.execute(
        f"select {MACROS.percent_of(f'{part}::bigint', f'{whole}::bigint', places)}"
    ).fetchone()
    assert (value == 100) == (part == whole)
    assert (value == 0) == (part == 0)
    assert abs(Fraction(value) - Fraction(100 * part, whole)) <= Fraction(1, 10**places)


@pytest.mark.parametrize("name", ["value_label", "value_text", "closed_value_text", "reported_text"])
@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("99.9960", "percent", "99.99"), ("100.0000", "percent", "100.00"), ("0.0040", "percent", "0.01"),
        ("0.0000", "percent", "0.00"), ("98.7650", "percent", "98.77"), ("99.9960", "per_100", "100.00"),
        ("0.0040", "minutes", "0.01"), ("1234.5678", "minutes", "1,234.57"), ("3.0000", "count", "3"),
        ("12345.0000", "count", "12,345"), ("1.0000", "boolean", "1"), ("-0.5000", "minutes", "-0.50"), (None, "percent", "—"),
    ],
)  # fmt: skip
def test_texts_of_indicators(connection, name, value, unit, shown):
    columns = "value, value as closed_value, value as reported_value, unit"
    query = f"select {expression('indicator_period', name)} from (select {columns} from (select ?::decimal(18, 4) as value, ? as unit))"
    assert connection.execute(query, [value, unit]).fetchone() == (shown,)


RATES = {
    ("fct_ticket", "closed_rate"): ("select n > ? as is_closed from range(100000) as t (n)", 1, 4),
    ("fct_ticket", "on_time_rate"): ("select n > ? as is_on_time from range(100000) as t (n)", 1, 4),
    ("mart_indicator_monthly", "rate"): ("select 99999 - ? as numerator, 100000 as denominator", 1, 4),
    ("mart_rate_integrity", "audited_rate"): ("select 99999 - ? as passed, 100000 as sampled", 1, 3),
    ("mart_volume_monthly", "complaint_share"): (
        "select 1 as tickets, case when n > ? then 'complaint' end as business_type from range(100000) as t (n)", 1, 4),
    ("backlog_daily", "old_share"): (
        "select 1 as closing, case when n > ? then 'over_15_days' end as age_band from range(100000) as t (n)", 100, 2),
    ("mart_feed_obligation", "on_time_rate"): (
        "select case when n > ? then 'on_time' else 'late' end as status from range(100000) as t (n)", 100, 2),
    ("ticket_metric", "one_touch_share"): (
        "select n > ? as is_one_touch, 1 as assignment_count from range(100000) as t (n)", 100, 2),
    ("indicator_daily", "range_value"): (
        "select 99999 - ? as numerator, 100000 as denominator, 100 as value_factor, 'percent' as unit", 100, 2),
}  # fmt: skip


@pytest.mark.parametrize(("dataset", "metric"), RATES)
def test_metrics_of_dashboards(connection, dataset, metric):
    rows, whole, places = RATES[dataset, metric]
    query = f"select round(({expression(dataset, metric)})::double, {places}) from ({rows})"
    unit = Decimal(1).scaleb(-places)
    # one of 100 000 is missing; none is; all but one are
    assert Decimal(str(connection.execute(query, [0]).fetchone()[0])) == whole - unit
    assert connection.execute(query, [-1]).fetchone()[0] == whole
    assert Decimal(str(connection.execute(query, [99_998]).fetchone()[0])) == unit
    assert connection.execute(query, [99_999]).fetchone()[0] == 0


def test_no_percentage_of_a_dashboard_is_left_out():
    """A new metric that divides and is shown with a few decimals belongs into this test."""
    ratios = set()
    for path in DATASETS.glob("*.yaml"):
        for metric in yaml.safe_load(path.read_text(encoding="utf-8")).get("metrics", []):
            shown = str(metric.get("d3format"))
            if (
                "/ NULLIF" in metric["expression"]
                and not shown.startswith("+")
                and ("%" in shown or "%" in metric["verbose_name"])
            ):
                ratios.add((path.stem, metric["metric_name"]))
    assert ratios == {rate for rate in RATES if rate != ("indicator_daily", "range_value")}
