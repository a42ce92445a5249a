"""What comes back from Great Expectations is turned into one finding per check and entity, and silence into an error."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import great_expectations.expectations as gxe
import pytest
from great_expectations.expectations import registry

CHECK = "reported_rate_not_contradicted"


def test_a_contradicted_rate_is_flagged_and_a_confirmed_one_is_not(run, sample_judgement):
    findings, keys, _ = run([sample_judgement])

    assert findings[CHECK, "210300"].status == "fail"
    assert findings[CHECK, "210300"].evidence == ["上报回访率 100 %，抽检 4 件、不实 4 件"]
    assert findings[CHECK, "210400"].status == "pass"
    assert findings[CHECK, "LNJT"].status == "not_applicable", "not sampled: neither contradicted nor confirmed"
    assert len(keys) == 1


def test_severity_and_names_come_from_the_seed(sample_judgement, catalogue):
    (expectation,) = sample_judgement.read().expectations

    assert expectation.severity.value == catalogue[CHECK].severity == "warning"
    assert expectation.meta["name_zh"] == catalogue[CHECK].name_zh
    assert expectation.configuration.kwargs["withheld_rate"] == "95", (
        "a threshold that is not in the result is not evidence"
    )


@pytest.mark.parametrize(
    ("text", "bad", "expected"),
    [("100", 1, True), ("100", 0, False), ("98.75", 2, False), ("98.75", 3, True), ("101", 1, True), (None, 10, False),
     (None, 11, True)],
)  # fmt: skip
def test_a_contradiction_is_counted_from_the_printed_text(samples, text, bad, expected):
    """Of 200 tickets: 98.75 % is 197.5, so 198 good ones and 2 bad; a withheld rate is read as 95 %."""
    from expectations.custom import is_contradicted

    row = samples.iloc[1].copy()
    for rate in ("callback", "close", "satisfaction"):
        row[f"{rate}_text"], row[f"{rate}_bad"] = text, bad
    assert is_contradicted(row, "95") is expected


def test_chances_are_exact(samples):
    """Without error, of 200 tickets of which two rates withheld admit 10 each and 100 without decimals one more."""
    from expectations.custom import chance

    row = samples.iloc[1].copy()
    row["bad"] = 2
    admitted = 1 + 10 + 10
    exact = sum(Fraction(comb(admitted, k) * comb(200 - admitted, 4 - k), comb(200, 4)) for k in range(2, 5))
    assert chance(row, 0.0, "95") == pytest.approx(float(exact), abs=1e-12)


def test_a_mart_that_states_another_chance_is_found(run, catalogue, samples):
    from expectations.custom import SAMPLE_COLUMNS, STATED_COLUMNS, ExpectVerdictReproducible
    from expectations.suites import Batch, Judgement, expect

    rows = samples.assign(
        call_error=[0.02, 0.02], p_literal=[0.2, 1.0], p_decide=[0.2, 1.0], is_contradicted=[True, False]
    )
    expectation = expect(
        catalogue["integrity_reproducible"],
        ExpectVerdictReproducible,
        "可复算",
        entity_column="platform_code",
        column_list=[*SAMPLE_COLUMNS, *STATED_COLUMNS],
        withheld_rate="95",
        tolerance=1e-9,
        mostly=1.0,
        ignore_row_if="never",
    )
    findings, _, _ = run(
        [
            Judgement(
                "p",
                "integrity",
                "p",
                ("integrity_reproducible",),
                None,
                lambda: Batch(rows, [expectation], ["statement"]),
            )
        ]
    )

    assert findings["integrity_reproducible", "210300"].status == "fail"
    assert findings["integrity_reproducible", "210400"].status == "pass"


def test_an_unreadable_batch_is_an_error_of_its_own_checks_only(run, sample_judgement):
    from expectations.suites import Judgement

    def read():
        raise FileNotFoundError("marts.mart_score_monthly")

    broken = Judgement("marts_scores", "marts", "考评得分", ("score_in_range",), None, read)
    findings, _, _ = run([broken, sample_judgement])

    assert {entity: findings["score_in_range", entity].status for entity in ("210300", "210400", "LNJT")} == {
        "210300": "error",
        "210400": "error",
        "LNJT": "error",
    }
    assert "mart_score_monthly" in findings["score_in_range", "LNJT"].evidence[0]
    assert findings[CHECK, "210300"].status == "fail"


def test_an_expectation_that_raises_is_an_error_and_not_a_pass(run, sample_judgement, monkeypatch):
    from expectations import custom

    def raising(*_, **__):
        raise ZeroDivisionError("no population")

    monkeypatch.setattr(custom, "is_contradicted", raising)
    findings, _, _ = run([sample_judgement])

    assert {finding.status for finding in findings.values()} == {"error"}
    assert "no population" in findings[CHECK, "210400"].evidence[0]


def test_a_class_that_is_not_registered_is_an_error_and_not_a_pass(run, sample_judgement, monkeypatch):
    name = "expect_reported_rate_not_contradicted_by_sample"
    monkeypatch.delitem(registry._registered_expectations, name)
    findings, _, _ = run([sample_judgement])

    assert {finding.status for finding in findings.values()} == {"error"}


def test_a_suite_that_cannot_be_imported_fails_all_its_checks(catalogue, planned_scope, monkeypatch):
    import sys

    from expectations.suites import all_judgements

    monkeypatch.setitem(sys.modules, "expectations.suites.integrity", None)  # as after a broken import
    (stand_in,) = [judgement for judgement in all_judgements(planned_scope) if judgement.suite == "integrity"]

    assert set(stand_in.checks) == {code for code, check in catalogue.items() if check.suite == "integrity"}
    with pytest.raises(ImportError):
        stand_in.read()


def test_every_planned_check_is_answered_by_a_judgement_of_its_suite(catalogue, planned_scope):
    from expectations.suites import all_judgements

    answered = {(judgement.suite, check) for judgement in all_judgements(planned_scope) for check in judgement.checks}

    assert answered == {(check.suite, code) for code, check in catalogue.items()}


def test_of_a_set_that_does_not_match_the_difference_is_named(run, catalogue, samples):
    from expectations.suites import Batch, Judgement, expect

    expectation = expect(
        catalogue["platforms_complete"],
        gxe.ExpectColumnDistinctValuesToEqualSet,
        "平台齐全",
        entity="warehouse",
        column="platform_code",
        value_set=["210300", "LNJT"],
    )
    findings, _, _ = run(
        [
            Judgement(
                "v", "marts", "v", ("platforms_complete",), None, lambda: Batch(samples, [expectation], ["statement"])
            )
        ]
    )

    assert findings["platforms_complete", "warehouse"].status == "fail"
    assert findings["platforms_complete", "warehouse"].evidence == ["缺少 LNJT", "多出 210400"]
