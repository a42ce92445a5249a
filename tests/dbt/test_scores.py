"""The inferred ruleset gives all 15 published totals and ranks; the audited score answers for what was found."""

from decimal import Decimal

import pytest

SOURCE = "select * from mart_score_monthly where month = '2024-09-01' and source = ?"


def test_all_published_totals_and_ranks(query, published):
    rows = query(SOURCE, ["reported"])
    assert {row["platform_code"]: (row["total_score"], row["rank"]) for row in rows} == {
        row["platform_code"]: (Decimal(row["total_score"]), int(row["rank"])) for row in published("annex1_indicators")
    }
    assert {row["ruleset"] for row in rows} == {"liaoning_2024_inferred"}
    assert all(row["is_inferred"] for row in rows)


def test_reported_values_are_kept_as_sent(query, published):
    kept = {
        (row["platform_code"], row["indicator_code"]): row["reported_text"]
        for row in query("select * from fct_reported_indicator where month = '2024-09-01'")
    }
    for row in published("annex1_indicators"):
        code = row["platform_code"]
        assert kept[code, "complaint_on_time_close"] == row["complaint_on_time_close_pct"]
        assert kept[code, "complaint_avg_close_minutes"] == row["complaint_avg_close_minutes"]
        assert kept[code, "complaint_monthly_report"] == "1"


def test_every_score_is_explained_in_both_languages(query):
    rows = query("select * from mart_score_deduction where source = 'reported'")
    assert len(rows) == 15 * 6
    yingkou = {row["indicator_code"]: row for row in rows if row["platform_code"] == "210800"}
    on_time = yingkou["complaint_on_time_close"]
    assert on_time["points"] == Decimal("0.4600")
    assert on_time["explanation_zh"] == "投诉举报类限时办结率99.54，目标100.00，每差1个点扣1.00分，扣0.46分"
    assert "99.54" in on_time["explanation_en"]
    assert yingkou["complaint_24h_close"]["rank_in_indicator"] == 15
    assert yingkou["complaint_24h_close"]["points"] == 3


@pytest.mark.parametrize(
    ("platform", "reported", "audited"),
    [
        # no failed check: the values are as reported (only ranks may shift by what others lose)
        ("211100", Decimal("99.00"), Decimal("99.00")),
        # Dalian: 25 % true, so 75 points off for closure in time and the last quarter in both closing rates
        ("210200", Decimal("98.00"), Decimal("17.00")),
        # Anshan: nothing true; deductions of 100 and more stop at the minimum
        ("210300", Decimal("95.00"), Decimal("0.00")),
    ],
)
def test_audited_score_beside_the_reported_one(query, platform, reported, audited):
    rows = query("select source, total_score from mart_score_monthly where platform_code = ?", [platform])
    assert {row["source"]: row["total_score"] for row in rows} == {"reported": reported, "audited": audited}


def test_audited_scores_say_how_little_they_rest_on(query):
    rows = query(SOURCE, ["audited"])
    assert {(row["sampled"], row["is_small_sample"]) for row in rows} == {(4, True)}
    assert all(row["score_upper95"] >= row["total_score"] for row in rows)
    reported = query(SOURCE, ["reported"])
    assert {(row["sampled"], row["is_small_sample"], row["score_upper95"]) for row in reported} == {(None, None, None)}


def test_capped_deductions_name_the_spot_check(query):
    rows = query(
        "select * from mart_score_deduction where source = 'audited' and platform_code = '210200' and "
        "indicator_value < reported_value"
    )
    assert {row["indicator_code"] for row in rows} == {
        "complaint_on_time_close",
        "complaint_24h_close",
        "complaint_5d_close",
    }
    assert all("抽检4件，属实1件" in row["explanation_zh"] for row in rows)
