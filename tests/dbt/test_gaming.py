"""For every indicator it is written how a platform could game it, and what shows that."""

import csv
import re
from pathlib import Path

import pytest

SEED = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "code_lists" / "indicators.csv"
TEXTS = ("how_gamed_zh", "how_gamed_en", "shown_by_zh", "shown_by_en")
LONGEST = 160


def indicators() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("row", indicators(), ids=lambda row: f"{row['code']}-{row['valid_from']}")
def test_every_indicator_says_how_it_could_be_gamed_and_what_shows_it(row):
    for name in TEXTS:
        assert 4 <= len(row[name]) <= LONGEST and "\n" not in row[name], name
        is_chinese = bool(re.search("[一-鿿]", row[name]))
        assert is_chinese == name.endswith("_zh"), name
    assert "造假" not in "".join(row[name] for name in TEXTS), "statistics refute a number, they convict nobody"


def test_the_warehouse_and_the_documents_carry_it(query):
    stored = query(f"select indicator_code, valid_from, {', '.join(TEXTS)} from dim_indicator")
    expected = {(row["code"], row["valid_from"]): [row[name] for name in TEXTS] for row in indicators()}
    assert {(r["indicator_code"], str(r["valid_from"])): [r[name] for name in TEXTS] for r in stored} == expected
    text = (SEED.parents[3] / "docs" / "reference" / "indicators.md").read_text(encoding="utf-8")
    for row in indicators():
        assert f"| `{row['code']}` | {row['how_gamed_en']} | {row['shown_by_en']} |" in text, row["code"]
