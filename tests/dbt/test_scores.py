"""The inferred ruleset gives all 15 published totals and ranks; the audited score answers for what was found."""

import itertools
from decimal import ROUND_HALF_UP, Decimal

import pytest

RULESET = "ruleset = 'liaoning_2024_inferred'"
SOURCE = f"select * from mart_score_monthly where month = '2024-09-01' and source = ? and {RULESET}"


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
    rows = query(f"select * from mart_score_deduction where source = 'reported' and {RULESET}")
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
    rows = query(
        "select source, total_score from mart_score_monthly where month = '2024-09-01' and source <> 'computed' "
        f"and {RULESET} and platform_code = ?",
        [platform],
    )
    assert {row["source"]: row["total_score"] for row in rows} == {"reported": reported, "audited": audited}


def test_audited_scores_say_how_little_they_rest_on(query):
    rows = query(SOURCE, ["audited"])
    assert {(row["sampled"], row["is_small_sample"]) for row in rows} == {(4, True)}
    assert all(row["score_upper95"] >= row["total_score"] for row in rows)
    reported = query(SOURCE, ["reported"])
    assert {(row["sampled"], row["is_small_sample"], row["score_upper95"]) for row in reported} == {(None, None, None)}


def test_capped_deductions_name_the_spot_check(query):
    rows = query(
        f"select * from mart_score_deduction where source = 'audited' and platform_code = '210200' and {RULESET} and "
        "indicator_value < reported_value"
    )
    assert {row["indicator_code"] for row in rows} == {
        "complaint_on_time_close",
        "complaint_24h_close",
        "complaint_5d_close",
    }
    assert all("抽检4件，属实1件" in row["explanation_zh"] for row in rows)


@pytest.mark.parametrize(
    ("platform", "marks"),
    # none, one, three and four of four checks failed: 100, 75, 25 and 0 % true
    [("211100", "25.00"), ("210500", "13.50"), ("210200", "12.50"), ("210300", "12.50")],
)
def test_second_ruleset_has_a_threshold_a_slope_and_a_floor(query, platform, marks):
    rows = query(
        "select source, total_score, is_inferred from mart_score_monthly where month = '2024-09-01' "
        "and ruleset = 'lianyungang_satisfaction_inferred' and source <> 'computed' and platform_code = ?",
        [platform],
    )
    scores = {row["source"]: row["total_score"] for row in rows}
    assert scores == {"reported": Decimal("25.00"), "audited": Decimal(marks)}
    assert all(row["is_inferred"] for row in rows)


def test_a_floor_is_explained(query):
    (row,) = query(
        "select * from mart_score_deduction where ruleset = 'lianyungang_satisfaction_inferred' "
        "and source = 'audited' and platform_code = '210300'"
    )
    assert row["points"] == Decimal("12.5000")
    assert "扣到保底12.50分为止" in row["explanation_zh"]
    assert "抽检4件，属实0件" in row["explanation_zh"]
    assert "floor of 12.50" in row["explanation_en"]


def test_computed_scores_are_complete(query):
    """Every indicator of both rulesets can be computed, so every platform has a computed score and rank."""
    rows = query(SOURCE, ["computed"])
    assert len(rows) == 15
    assert all(row["missing_indicators"] == 0 for row in rows)
    ranked = sorted(rows, key=lambda row: row["rank"])
    assert ranked[0]["rank"] == 1
    for better, worse in itertools.pairwise(ranked):
        assert better["total_score"] >= worse["total_score"]
        assert (better["total_score"] == worse["total_score"]) == (better["rank"] == worse["rank"])
    assert len({row["total_score"] for row in rows}) > 1
    # sums of what was taken off, as in the reported scores
    for row in rows:
        (deducted,) = query(
            "select sum(points) as points, count(points) as rules from mart_score_deduction "
            f"where source = 'computed' and month = '2024-09-01' and {RULESET} and platform_code = ?",
            [row["platform_code"]],
        )
        assert deducted["rules"] == 6
        exact = max(Decimal(0), Decimal(100) - deducted["points"])
        assert row["total_score"] == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_a_corrected_class_costs_half_a_point_for_each_percent(query):
    rows = query(
        "select d.platform_code, d.points, d.explanation_zh, "
        "count(*) filter (where m.is_reclassified or t.is_implausible or not t.is_closed) as corrected, count(*) as accepted "
        "from mart_score_deduction as d "
        "join fct_ticket as t on t.platform_code = d.platform_code and t.accepted_month = d.month "
        "join fct_ticket_metric as m on m.ticket_no = t.ticket_no "
        "where d.month = '2024-09-01' and d.source = 'computed' and d.indicator_code = 'classification_accuracy' "
        "and (t.is_closed or coalesce(t.is_due, true)) group by all"
    )
    assert len(rows) == 15
    for row in rows:
        assert row["points"] == pytest.approx(Decimal(50 * row["corrected"]) / row["accepted"], abs=Decimal("0.0001"))
        assert "工单分类正确率" in row["explanation_zh"]


def test_computed_scores_of_months_that_are_not_whole_stay_open(query):
    """Tickets of September that are closed in October do not make an October that could be scored."""
    assert (
        query(
            "select * from mart_score_monthly where source = 'computed' and month = '2024-10-01' and total_score is not null"
        )
        == []
    )
    deductions = query("select * from mart_score_deduction where source = 'computed' and points is null")
    assert all("无法计分" in row["explanation_zh"] and "no score" in row["explanation_en"] for row in deductions)


def test_computed_scores_take_computed_values(query):
    rows = query(
        "select d.indicator_value, i.value from mart_score_deduction as d "
        "join mart_indicator_monthly as i using (month, platform_code, indicator_code) "
        "where d.source = 'computed' and i.source = 'computed' and i.is_mature"
    )
    assert len(rows) > 100
    assert all(row["indicator_value"] == row["value"] for row in rows)
