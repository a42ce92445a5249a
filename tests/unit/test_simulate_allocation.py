"""Allocated counts against the published tables, which every test reads anew."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotline.simulate.allocation import KEYS, Allocation
from hotline.simulate.catalog import CATEGORIES
from hotline.simulate.fit import fit_table, largest_remainder
from hotline.simulate.targets import GROUP_CODES, TYPE_CODES, base_window, solve_base_month

HOME = Path(__file__).resolve().parents[2]
REFERENCE = HOME / "reference"
CITIES_WITHOUT_RATE = {"LNJT", "210100"}


def published(name: str) -> pd.DataFrame:
    with (REFERENCE / "liaoning_2024_09" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        frame = pd.DataFrame(list(csv.DictReader(file)))
    return frame.assign(**{c: frame[c].astype(int) for c in ("tickets", "total", "rank") if c in frame})


@pytest.fixture(scope="module")
def allocation() -> Allocation:
    return Allocation.from_reference(REFERENCE, 12328)


@pytest.fixture(scope="module")
def september(allocation: Allocation) -> pd.DataFrame:
    return allocation.cells(2024, 9)


@pytest.fixture(scope="module")
def groups() -> dict[str, str]:
    with (HOME / "dbt/seeds/code_lists/domains.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["domain_group"] for row in csv.DictReader(file)}


def growth(now: int, base: int) -> Decimal:
    return (Decimal(100) * (now - base) / base).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_september_has_annex_3_to_the_ticket(september: pd.DataFrame) -> None:
    table = september.pivot_table(index="platform_code", columns="business_type", values="tickets", aggfunc="sum")
    for row in published("annex3_volume_by_platform").to_dict("records"):
        for business_type in ("complaint", "consultation", "suggestion"):
            have = table.fillna(0).loc[row["platform_code"], business_type]
            assert have == int(row[business_type]), (row["platform_code"], business_type)


def test_september_has_the_volume_tables(september: pd.DataFrame, groups: dict[str, str]) -> None:
    by_type = september.groupby("business_type")["tickets"].sum()
    for row in published("volume_by_business_type").to_dict("records"):
        name = row["business_type_name"]
        assert (september["tickets"].sum() if name == "总计" else by_type[TYPE_CODES[name]]) == row["tickets"]
    by_group = september.groupby(september["domain"].map(groups))["tickets"].sum()
    for row in published("volume_by_domain").to_dict("records"):
        name = row["domain_name"]
        assert (september["tickets"].sum() if name == "总计" else by_group[GROUP_CODES[name]]) == row["tickets"]


def ranked(september: pd.DataFrame, column: str, **scope: str) -> pd.Series:
    chosen = september
    for name, value in scope.items():
        chosen = chosen[chosen[name] == value]
    return chosen.groupby(column)["tickets"].sum().sort_values(ascending=False)


def assert_top(counts: pd.Series, top: pd.DataFrame, name: str) -> None:
    """The listed entries have their counts, in their order, and no other reaches the last of them."""
    listed = top.sort_values("rank")
    assert [int(counts[n]) for n in listed[name]] == listed["tickets"].tolist()
    others = counts.drop(listed[name])
    assert others.empty or others.max() < listed["tickets"].min(), (listed[name].tolist(), others.head())


@pytest.mark.parametrize("business_type", ["consultation", "complaint"])
def test_top_categories_hold_with_their_ranks(september: pd.DataFrame, business_type: str) -> None:
    top = published("top_categories").query("business_type == @business_type")
    assert_top(ranked(september, "category", business_type=business_type), top, "category_name")


def test_top_subcategories_hold_with_their_ranks(september: pd.DataFrame) -> None:
    """Annex order is kept though two lists are not sorted by count in print."""
    for (business_type, category), top in published("top_subcategories").groupby(["business_type", "category_name"]):
        counts = ranked(september, "subcategory", business_type=business_type, category=category)
        assert_top(counts, top, "subcategory_name")


def test_top_platforms_hold_with_their_ranks(september: pd.DataFrame) -> None:
    names = published("annex3_volume_by_platform").set_index("platform_code")["platform_name"]
    named = september.assign(platform=september["platform_code"].map(names))
    for (business_type, category), top in published("top_platforms_by_category").groupby(
        ["business_type", "category_name"]
    ):
        assert_top(ranked(named, "platform", business_type=business_type, category=category), top, "platform_name")


@pytest.mark.parametrize(("month", "rate"), [((2023, 9), "yoy_pct"), ((2024, 8), "mom_pct")])
def test_base_months_give_the_printed_growth(
    allocation: Allocation, september: pd.DataFrame, groups: dict[str, str], month: tuple[int, int], rate: str
) -> None:
    base = allocation.cells(*month)
    by_type = base.groupby("business_type")["tickets"].sum()
    by_group = base.groupby(base["domain"].map(groups))["tickets"].sum()
    for row in published("volume_by_business_type").to_dict("records"):
        name = row["business_type_name"]
        have = base["tickets"].sum() if name == "总计" else by_type[TYPE_CODES[name]]
        assert growth(row["tickets"], int(have)) == Decimal(row[rate]), name
    for row in published("volume_by_domain").to_dict("records"):
        name = row["domain_name"]
        have = base["tickets"].sum() if name == "总计" else by_group[GROUP_CODES[name]]
        assert growth(row["tickets"], int(have)) == Decimal(row[rate]), name


def test_thirteen_platforms_give_their_printed_growth_and_two_cannot(allocation: Allocation) -> None:
    base = allocation.cells(2023, 9).groupby("platform_code")["tickets"].sum()
    missed = {
        row["platform_code"]
        for row in published("annex3_volume_by_platform").to_dict("records")
        if growth(row["total"], int(base[row["platform_code"]])) != Decimal(row["yoy_pct"])
    }
    assert missed == CITIES_WITHOUT_RATE
    assert set(solve_base_month(allocation.bulletin, "yoy_pct").unmet) == CITIES_WITHOUT_RATE


def test_the_rest_of_september_2023_has_no_type(allocation: Allocation) -> None:
    by_type = allocation.cells(2023, 9).groupby("business_type")["tickets"].sum()
    assert 460 <= by_type["other"] <= 480
    assert "other" not in set(allocation.cells(2024, 8)["business_type"])


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/explanation/simulation.md"])
def test_the_pages_name_the_type_that_no_document_prints(allocation: Allocation, page: str) -> None:
    counts = allocation.cells(2023, 9).groupby("business_type", observed=True)["tickets"].sum()
    text = (HOME / page).read_text(encoding="utf-8")
    assert any(f"{counts['other']} {unit}" in text for unit in ("tickets of", "件")) and "其他" in text


def test_the_expressway_is_the_operators_alone(allocation: Allocation) -> None:
    for month in ((2024, 9), (2024, 8), (2023, 9)):
        cells = allocation.cells(*month)
        assert ((cells["domain"] == "expressway") == (cells["platform_code"] == "LNJT")).all()


def test_every_category_is_in_the_seed(allocation: Allocation) -> None:
    with (HOME / "dbt/seeds/code_lists/categories.csv").open(encoding="utf-8", newline="") as file:
        seed = {row["name_zh"]: row for row in csv.DictReader(file)}
    assert {c.name: c.domain for c in CATEGORIES} == {name: row["domain"] for name, row in seed.items()}
    used = allocation.cells(2023, 9)[["category", "domain"]].drop_duplicates().itertuples(index=False)
    assert all(seed[category]["domain"] == domain for category, domain in used)


@pytest.mark.parametrize("scale", [0.01, 0.5, 3.0])
def test_scaled_counts_keep_the_total_and_the_proportions(allocation: Allocation, scale: float) -> None:
    whole, scaled = allocation.cells(2024, 9), allocation.cells(2024, 9, scale)
    assert scaled["tickets"].sum() == round(whole["tickets"].sum() * scale)
    merged = whole.merge(scaled, on=KEYS, how="left", suffixes=("", "_scaled")).fillna({"tickets_scaled": 0})
    assert (merged["tickets_scaled"] - merged["tickets"] * scale).abs().max() <= 1


def test_another_seed_varies_what_was_not_published(allocation: Allocation, september: pd.DataFrame) -> None:
    other = Allocation.from_reference(REFERENCE, 1).cells(2024, 9)
    assert not other.equals(september)
    assert other["tickets"].sum() == september["tickets"].sum()


def test_a_base_window_holds_exactly_the_bases_of_a_rate() -> None:
    window = base_window(243909, "27.58")
    assert all(growth(243909, base) == Decimal("27.58") for base in window)
    assert growth(243909, window[0] - 1) != Decimal("27.58") != growth(243909, window[-1] + 1)


def test_largest_remainder_keeps_total_and_caps() -> None:
    shares = largest_remainder(np.array([5.0, 3.0, 1.0]), 100, cap=40)
    assert shares.sum() == 100
    assert shares.max() == 40
    with pytest.raises(ValueError, match="does not fit"):
        largest_remainder(np.array([1.0, 1.0]), 100, cap=40)


def test_a_fitted_table_has_its_margins_fixed_cells_and_caps() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        truth = rng.integers(0, 50, (6, 5))
        fixed = np.where(rng.random(truth.shape) < 0.2, truth, np.nan)
        cap = np.full(truth.shape, float(truth.max()))
        table = fit_table(rng.random(truth.shape) + 0.1, truth.sum(1), truth.sum(0), fixed=fixed, cap=cap)
        assert (table.sum(axis=1) == truth.sum(axis=1)).all()
        assert (table.sum(axis=0) == truth.sum(axis=0)).all()
        assert (table[~np.isnan(fixed)] == truth[~np.isnan(fixed)]).all()
        assert (table <= cap).all()
        assert (table >= 0).all()


def test_a_table_that_cannot_be_is_an_error() -> None:
    with pytest.raises(ValueError, match="no integer table"):
        fit_table(np.ones((2, 2)), np.array([5, 5]), np.array([9, 0]))
