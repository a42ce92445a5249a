"""Figures of the two documents, checked: the known contradictions are found, each by name, and no others are made up."""

from decimal import Decimal

import pytest


@pytest.fixture(scope="module")
def claims(query):
    return {row["claim_code"]: row for row in query("select * from mart_published_claim")}


@pytest.fixture(scope="module")
def found(claims):
    """Code of every inconsistent claim by basis."""
    return {
        basis: {code for code, row in claims.items() if row["status"] == "inconsistent" and row["basis"] == basis}
        for basis in ("document", "tickets")
    }


HIDDEN_DENOMINATORS = {
    "complaint-1-sub1": (3913, 3914), "complaint-1-sub2": (3913, 3915), "complaint-1-sub3": (3913, 3915),
    "complaint-2-sub1": (1111, 1111), "complaint-2-sub2": (1111, 1111), "complaint-2-sub3": (1110, 1112),
    "complaint-3-sub2": (588, 588), "complaint-3-sub3": (588, 588),
    "complaint-4-sub2": (88, 88), "complaint-4-sub3": (88, 88),
    "complaint-5-sub1": (272, 272), "complaint-5-sub2": (272, 272), "complaint-5-sub3": (272, 272),
}  # fmt: skip
IMPOSSIBLE = {
    "210800-complaint_on_time_close": ("99.54", 402), "210800-complaint_24h_close": ("98.62", 402),
    "210800-complaint_5d_close": ("99.54", 402), "210800-classification_accuracy": ("99.84", 1074),
    "211300-complaint_24h_close": ("99.67", 296), "211000-classification_accuracy": ("99.42", 485),
    "210600-instant_answer": ("99.65", 547),
}  # fmt: skip
OTHERS = {
    "annex3-LNJT-yoy_pct.same", "annex3-total-yoy.implied", "type-total-yoy_pct.implied", "annex1-LNJT-per_10k.implied",
    "domain-share_pct.sum", "annex3-share_pct.sum", "text-resolved", "text-driver_training_listed",
}  # fmt: skip
SHANGHAI = {"satisfaction_12345", "inaccurate_reply", "irregular_entry", "facts_differ"}


def test_what_the_documents_contradict_in_themselves_is_all_found_and_nothing_else(found):
    assert found["document"] == (
        {f"LN202409-category-{code}-share.share" for code in HIDDEN_DENOMINATORS}
        | {f"LN202409-annex1-{code}" for code in IMPOSSIBLE}
        | {f"LN202409-{code}" for code in OTHERS}
        | {f"SH2021-{code}" for code in SHANGHAI}
    )


def test_what_tickets_contradict_is_as_before(found):
    # the growth of Shenyang comes of the sample: rates of all platforms cannot be met together with the province's
    assert found["tickets"] == {f"LN202409-category-{code}-share" for code in HIDDEN_DENOMINATORS} | {
        "LN202409-annex3-LNJT-yoy_pct",
        "LN202409-annex3-210100-yoy_pct",
    }


def test_every_claim_on_tickets_can_be_checked(claims):
    rows = [row for row in claims.values() if row["basis"] == "tickets" or row["measure"] in ("score", "score_rank")]
    assert {row["status"] for row in rows} == {"consistent", "inconsistent"}
    recomputed = [row for row in claims.values() if "." not in row["claim_code"] and row["basis"] == "tickets"]
    assert len(recomputed) + 30 == 358


def test_what_cannot_be_checked_says_so(claims):
    rows = [row for row in claims.values() if row["status"] == "not_checkable"]
    assert {row["check"] for row in rows} == {"given"}
    assert {"SH2021-on_time_close", "SH2021-resolution", "SH2021-accepted_yoy"} < {row["claim_code"] for row in rows}
    assert all(row["explanation_zh"] and row["explanation_en"] for row in rows)


def test_sums_of_counts_ranks_and_scores_hold(claims):
    wrong = [
        code
        for code, row in claims.items()
        if row["status"] == "inconsistent"
        and (row["measure"] in ("tickets", "rank", "score", "score_rank", "audit_rank") or row["check"] == "rank")
    ]
    assert wrong == []
    kinds = [row["check"] for row in claims.values() if row["basis"] == "document"]
    assert {kind: kinds.count(kind) for kind in ("sum", "rank", "count")} == {"sum": 28, "rank": 123, "count": 2}


def test_the_expressway_operator_grew_by_the_text_not_by_the_annex(claims):
    for code in ("LN202409-annex3-LNJT-yoy_pct", "LN202409-annex3-LNJT-yoy_pct.same"):
        assert claims[code]["stated_text"] == "7.04"
        assert claims[code]["recomputed_value"] == Decimal("31.51")
    assert "同" in claims["LN202409-annex3-LNJT-yoy_pct.same"]["assumption_zh"]
    # counts and shares of the two are the same, which is why the two growth rates must be
    assert claims["LN202409-annex3-LNJT-total.same"]["status"] == "consistent"
    assert claims["LN202409-annex3-LNJT-share_pct.same"]["status"] == "consistent"
    assert claims["LN202409-annex3-total-yoy.implied"]["recomputed_value"] == Decimal("6.36")


def test_growth_by_type_implies_another_total(claims):
    row = claims["LN202409-type-total-yoy_pct.implied"]
    assert (row["stated_text"], row["recomputed_value"]) == ("27.58", Decimal("27.90"))
    assert "27.89" in row["explanation_zh"]
    # what rounding of the parts allows is no contradiction
    for code in ("type-total-mom_pct", "domain-total-yoy_pct", "domain-total-mom_pct"):
        assert claims[f"LN202409-{code}.implied"]["status"] == "consistent"


@pytest.mark.parametrize(("code", "denominators"), HIDDEN_DENOMINATORS.items())
def test_shares_on_hidden_denominators_name_them(claims, code, denominators):
    row = claims[f"LN202409-category-{code}-share.share"]
    fewest, most = denominators
    named = f"{fewest}" if fewest == most else f"{fewest}–{most}"
    assert row["explanation_zh"].endswith(f"分母应为{named}")
    assert row["explanation_en"].endswith(f"a denominator of {named}")


@pytest.mark.parametrize(("code", "stated"), IMPOSSIBLE.items())
def test_impossible_percentages_of_annex_1(claims, code, stated):
    row = claims[f"LN202409-annex1-{code}"]
    assert (row["check"], row["stated_text"], row["denominator"]) == ("grim", stated[0], stated[1])
    assert row["assumption_zh"].startswith("分母取附件3")
    assert "annex 3" in row["assumption_en"]
    for text in (row["explanation_zh"], row["explanation_en"]):
        assert stated[0] in text
        assert str(stated[1]) in text


def test_percentages_that_are_possible_are_not_blamed(claims):
    grim = [row for row in claims.values() if row["check"] == "grim"]
    assert claims["LN202409-annex1-210200-classification_accuracy"]["status"] == "consistent"
    assert claims["LN202409-annex1-LNJT-instant_answer"]["status"] == "consistent"
    assert claims["SH2021-inspection_failure"]["numerator"] == 1168
    # 8 rates of 15 platforms, 4 of Shanghai, and growth: 15 platforms, 3 types, 4 domains and totals
    assert len([row for row in grim if row["measure"] == "rate_pct"]) == 8 * 15 + 4
    growth = [row for row in grim if row["measure"] in ("yoy_pct", "mom_pct")]
    assert len(growth) == 15 + 2 * (3 + 1) + 2 * (4 + 1)
    assert {row["status"] for row in growth} == {"consistent"}


def test_tickets_per_inhabitant_fit_no_population(claims):
    row = claims["LN202409-annex1-LNJT-per_10k.implied"]
    assert (row["stated_text"], row["recomputed_value"]) == ("51.62", Decimal("56.15"))
    assert "39136046" in row["explanation_zh"]
    assert "附件1与附件3" in row["assumption_zh"]


def test_shares_that_sum_to_too_much_may_be_rounding(claims):
    for code in ("domain", "annex3"):
        row = claims[f"LN202409-{code}-share_pct.sum"]
        assert row["recomputed_value"] == Decimal("100.01")
        assert row["is_within_rounding"]
    assert claims["LN202409-type-share_pct.sum"]["status"] == "consistent"
    assert {code for code, row in claims.items() if row["is_within_rounding"]} == {
        "LN202409-domain-share_pct.sum",
        "LN202409-annex3-share_pct.sum",
    }


def test_not_all_complaints_were_resolved(claims):
    row = claims["LN202409-text-resolved"]
    assert (row["numerator"], row["denominator"], row["recomputed_value"]) == (47, 60, 78)


def test_shanghai_dispatched_what_its_units_got(claims):
    row = claims["SH2021-dispatched"]
    assert (row["status"], row["stated_text"], row["numerator"]) == ("consistent", "29.83", 298300)
    assert claims["SH2021-defects.sum"]["status"] == "consistent"


def test_shanghai_states_two_satisfactions(claims):
    row = claims["SH2021-satisfaction_12345"]
    assert (row["stated_text"], row["recomputed_value"]) == ("68.24", Decimal("68.42"))


@pytest.mark.parametrize("defect", ["inaccurate_reply", "irregular_entry", "facts_differ"])
def test_shanghai_counts_defects_not_reports(claims, defect):
    row = claims[f"SH2021-{defect}"]
    assert row["denominator"] == 1168
    assert row["explanation_zh"].endswith("最近分母：1094 / 1250")
    assert row["period"] == "year"


def test_difference_is_recomputed_less_stated(claims):
    for row in claims.values():
        if row["status"] != "not_checkable":
            assert row["difference"] == row["recomputed_value"] - row["stated_value"]
            assert (row["difference"] == 0) == (row["status"] == "consistent")
