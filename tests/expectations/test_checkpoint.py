"""What comes back from Great Expectations is turned into one finding per check and entity, and silence into an error."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import great_expectations.expectations as gxe
import pandas as pd
import pytest
from great_expectations.expectations import registry

CHECK = "reported_rate_not_contradicted"


def test_a_contradicted_rate_is_flagged_and_a_confirmed_one_is_not(run, sample_judgement):
    findings, keys, _ = run([sample_judgement])

    assert findings[CHECK, "210300"].status == "fail"
    assert findings[CHECK, "210300"].evidence == ["回访率：上报 100.00 %，抽检 4 件、属实 0 件"]
    assert findings[CHECK, "210400"].status == "pass"
    assert findings[CHECK, "LNJT"].status == "not_applicable", "not sampled: neither contradicted nor confirmed"
    assert len(keys) == 1


def test_severity_and_names_come_from_the_seed(sample_judgement, catalogue):
    (expectation,) = sample_judgement.read().expectations

    assert expectation.severity.value == catalogue[CHECK].severity == "critical"
    assert expectation.meta["name_zh"] == catalogue[CHECK].name_zh
    assert expectation.configuration.kwargs["alpha"] == 0.05, "a threshold that is not in the result is not evidence"


@pytest.mark.parametrize(
    ("passed", "sampled", "good", "population"), [(3, 4, 77, 77), (4, 4, 77, 77), (1, 4, 180, 181), (2, 5, 40, 50)]
)
def test_p_values_are_exact(passed, sampled, good, population):
    from expectations.custom import SAMPLE_COLUMNS, sample_p_values

    exact = sum(
        Fraction(comb(good, k) * comb(population - good, sampled - k), comb(population, sampled))
        for k in range(passed + 1)
    )
    rows = pd.DataFrame([(passed, sampled, good, population)], columns=SAMPLE_COLUMNS)

    assert sample_p_values(rows)[0] == pytest.approx(float(exact), abs=1e-12)


def test_a_mart_that_states_another_p_value_is_found(run, catalogue, samples):
    from expectations.custom import SAMPLE_COLUMNS, ExpectPValueReproducible
    from expectations.suites import Batch, Judgement, expect

    rows = samples.assign(p_value=[0.2, 1.0], is_contradicted=[True, False])
    expectation = expect(
        catalogue["integrity_reproducible"],
        ExpectPValueReproducible,
        "可复算",
        entity_column="platform_code",
        column_list=[*SAMPLE_COLUMNS, "p_value", "is_contradicted"],
        alpha=0.05,
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

    def raising(*_):
        raise ZeroDivisionError("no population")

    monkeypatch.setattr(custom, "p_at_most", raising)
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
