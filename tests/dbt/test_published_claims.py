"""Figures of the bulletin, recomputed: the known contradictions are found, and no others are made up."""

import pytest


@pytest.fixture(scope="module")
def claims(query):
    return query("select * from mart_published_claim")


def test_every_claim_can_be_checked(claims):
    assert len(claims) > 300
    assert {row["status"] for row in claims} == {"consistent", "inconsistent"}
    assert {row["check"] for row in claims} == {"sum", "share", "growth", "rank", "cross_table"}


def test_sums_ranks_and_scores_hold(claims):
    wrong = [row for row in claims if row["check"] in ("sum", "rank", "cross_table") and row["status"] != "consistent"]
    assert wrong == []


def test_the_expressway_operator_grew_by_the_text_not_by_the_annex(claims):
    growth = {(row["platform_code"], row["stated_text"]): row for row in claims if row["measure"] == "yoy_pct"}
    annex = growth["LNJT", "7.04"]
    assert annex["status"] == "inconsistent"
    assert str(annex["recomputed_value"]) == "31.510000"


def test_shares_on_hidden_denominators_are_found(claims, published):
    expected = set()
    denominators = {row["category_name"]: int(row["tickets"]) for row in published("top_categories")[5:]}
    for row in published("top_subcategories"):
        if row["business_type"] == "complaint":
            share = 100 * int(row["tickets"]) / denominators[row["category_name"]]
            if abs(share - float(row["share_pct"])) > 0.006:
                expected.add((row["category_name"], row["subcategory_name"]))
    found = {
        (row["category"], row["subcategory"])
        for row in claims
        if row["check"] == "share" and row["status"] == "inconsistent"
    }
    assert len(expected) == 13
    assert found == expected


def test_difference_is_recomputed_less_stated(claims):
    for row in claims:
        assert row["difference"] == row["recomputed_value"] - row["stated_value"]
        assert (row["difference"] == 0) == (row["status"] == "consistent")
