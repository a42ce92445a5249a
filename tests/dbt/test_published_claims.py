"""Figures of the two documents, checked: the known contradictions are found, each by name, and no others are made up."""

from collections import Counter
from decimal import Decimal

import pytest

LIAONING, SHANGHAI_2021 = "LN202409-", "SH2021-"


@pytest.fixture(scope="module")
def claims(query):
    rows = query("select * from mart_published_claim where claim_code like 'LN202409-%' or claim_code like 'SH2021-%'")
    return {row["claim_code"]: row for row in rows}


def with_status(claims, status, prefix=""):
    return {code for code, row in claims.items() if row["status"] == status and code.startswith(prefix)}


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
    "annex3-LNJT-yoy_pct", "annex3-total-yoy", "type-total-yoy_pct", "annex1-LNJT-per_10k", "text-resolved",
    "text-driver_training_listed",
}  # fmt: skip
SHANGHAI = {"satisfaction_12345", "inaccurate_reply", "irregular_entry", "facts_differ"}
WITHIN_ROUNDING = {"domain-share_pct.sum", "annex3-share_pct.sum", "type-total-mom_pct", "domain-total-yoy_pct"}


def test_a_figure_is_one_row(claims):
    assert len(claims) == 600 + 22
    printed = [code for code in claims if code.startswith(LIAONING) and "." not in code]
    # three sums of shares, printed nowhere, and the ranks of annex 2, which only their relation names
    assert len(printed) + 3 + 15 == sum(code.startswith(LIAONING) for code in claims)
    assert claims["LN202409-annex3-LNJT-yoy_pct"]["checks"] == 3  # a whole base, the text, tickets


def test_what_the_documents_contradict_in_themselves_is_all_found_and_nothing_else(claims):
    assert with_status(claims, "inconsistent", LIAONING) == (
        {f"LN202409-category-{code}-share" for code in HIDDEN_DENOMINATORS} | {f"LN202409-{code}" for code in OTHERS}
    )
    assert with_status(claims, "inconsistent", SHANGHAI_2021) == {f"SH2021-{code}" for code in SHANGHAI}
    assert {len(with_status(claims, "inconsistent", prefix)) for prefix in (LIAONING, SHANGHAI_2021)} == {19, 4}
    assert {row["basis"] for row in claims.values() if row["status"] == "inconsistent"} == {"document"}


def test_percentages_on_a_base_that_is_only_assumed_are_conditional(claims):
    assert with_status(claims, "conditional") == {f"LN202409-annex1-{code}" for code in IMPOSSIBLE}
    for code in IMPOSSIBLE:
        row = claims[f"LN202409-annex1-{code}"]
        assert row["explanation_zh"].startswith("如果（分母取附件3的")
        assert row["explanation_en"].startswith("If (denominator: ")


def test_nothing_else_is_accused(claims):
    assert with_status(claims, "within_rounding") == {f"LN202409-{code}" for code in WITHIN_ROUNDING}
    assert with_status(claims, "truncated") == set()
    assert set(Counter(row["status"] for row in claims.values())) == {
        "inconsistent", "conditional", "within_rounding", "consistent", "simulated", "not_checkable",
    }  # fmt: skip


def test_simulated_tickets_are_shown_and_judge_nothing(claims):
    on_tickets = [row for row in claims.values() if row["tickets_status"]]
    assert {row["tickets_status"] for row in on_tickets} == {"simulated"}
    assert len(on_tickets) == 328
    assert {row["status"] for row in claims.values() if row["basis"] == "tickets"} == {"simulated"}
    # what invented tickets of September 2023 give is no finding on the real city
    shenyang = claims["LN202409-annex3-210100-yoy_pct"]
    assert (shenyang["status"], shenyang["basis"], shenyang["stated_text"]) == ("consistent", "document", "1.93")
    assert shenyang["tickets_value"] not in (None, Decimal("1.93"))
    counted = claims["LN202409-annex3-210100-complaint"]
    assert (counted["status"], counted["recomputed_value"], counted["tickets_value"]) == ("simulated", 2294, 2294)
    assert "模拟" in counted["explanation_zh"]


def test_scores_follow_from_published_indicators_not_from_tickets(claims):
    rows = [row for row in claims.values() if row["measure"] in ("score", "score_rank")]
    assert len(rows) == 30 + 3
    assert {(row["basis"], row["status"]) for row in rows} == {("document", "consistent")}


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


def test_the_expressway_operator_grew_by_the_text_not_by_the_annex(claims):
    row = claims["LN202409-annex3-LNJT-yoy_pct"]
    assert (row["stated_text"], row["recomputed_value"], row["check"]) == ("7.04", Decimal("31.51"), "cross_table")
    assert "同" in row["assumption_zh"]
    # counts and shares of the two are the same, which is why the two growth rates must be
    assert {claims[f"LN202409-annex3-LNJT-{code}"]["status"] for code in ("total", "share_pct")} == {"consistent"}
    assert claims["LN202409-annex3-total-yoy"]["recomputed_value"] == Decimal("6.36")


def test_growth_by_type_implies_another_total(claims):
    row = claims["LN202409-type-total-yoy_pct"]
    assert (row["stated_text"], row["recomputed_value"]) == ("27.58", Decimal("27.90"))
    assert "27.89" in row["explanation_zh"]
    # what rounding of the parts allows is no contradiction
    for code in ("type-total-mom_pct", "domain-total-yoy_pct", "domain-total-mom_pct"):
        assert claims[f"LN202409-{code}"]["status"] in {"consistent", "within_rounding"}


@pytest.mark.parametrize(("code", "denominators"), HIDDEN_DENOMINATORS.items())
def test_shares_on_hidden_denominators_name_them(claims, code, denominators):
    row = claims[f"LN202409-category-{code}-share"]
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
    rates = [row for row in claims.values() if row["check"] == "grim" and row["measure"] == "rate_pct"]
    assert claims["LN202409-annex1-210200-classification_accuracy"]["status"] == "consistent"
    assert claims["LN202409-annex1-LNJT-instant_answer"]["status"] == "consistent"
    assert claims["SH2021-inspection_failure"]["numerator"] == 1168
    assert len(rates) == 8 * 15 + 4


def test_tickets_per_inhabitant_fit_no_population(claims):
    row = claims["LN202409-annex1-LNJT-per_10k"]
    assert (row["stated_text"], row["recomputed_value"]) == ("51.62", Decimal("56.15"))
    assert "39094621–39177586" in row["explanation_zh"]
    assert "附件1与附件3" in row["assumption_zh"]


def test_shares_that_sum_to_too_much_may_be_rounding(claims):
    for code in ("domain", "annex3"):
        row = claims[f"LN202409-{code}-share_pct.sum"]
        assert (row["recomputed_value"], row["status"]) == (Decimal("100.01"), "within_rounding")
    assert claims["LN202409-type-share_pct.sum"]["status"] == "consistent"


def test_not_all_complaints_were_resolved(claims):
    row = claims["LN202409-text-resolved"]
    assert (row["numerator"], row["denominator"], row["recomputed_value"]) == (47, 60, 78)


def test_shanghai_dispatched_what_its_units_got(claims):
    row = claims["SH2021-dispatched"]
    assert (row["status"], row["stated_text"], row["numerator"], row["scale"]) == ("consistent", "29.83", 298300, 10000)
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


def test_difference_is_recomputed_less_stated_and_zero_when_consistent(claims):
    for row in claims.values():
        if row["recomputed_value"] is not None:
            assert row["difference"] == row["recomputed_value"] - row["stated_value"]
        if row["status"] == "consistent":
            assert row["difference"] == 0
