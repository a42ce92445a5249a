"""``hotline quality`` over the warehouse of the sample months, built by the real chain."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date

import duckdb
import pytest
from click.testing import CliRunner
from in_process import InProcess

from hotline.contracts import load_contracts
from hotline.errors import HotlineError
from hotline.quality import EXIT_BLOCKED, EXIT_INCOMPLETE, command, days_to_judge, judge

CONTRADICTED = ["210100", "210200", "210300", "210500", "210900", "211200"]  # 沈阳 大连 鞍山 本溪 阜新 铁岭
CHECK = "reported_rate_not_contradicted"
LAST_DELIVERY = date(2024, 10, 14)


def change(settings, statement: str) -> None:
    with duckdb.connect(str(settings.build_database)) as connection:
        connection.execute(statement)


def test_exactly_the_six_contradicted_platforms_are_flagged(judged):
    """As the command said it of the sample, and as its mart holds it."""
    outcome, rows = judged

    # a contradiction is a plain count, not a refutation: nothing of the published month is critical
    assert (outcome["day"], outcome["failed"].get("critical", 0)) == (str(LAST_DELIVERY), 0)
    assert outcome["contradicted"] == CONTRADICTED
    assert not outcome["blocking"] and not outcome["incomplete"], "findings are data, not failures"
    found = rows(f"select entity_code, status, severity from marts.quality_check where check_code = '{CHECK}'")
    assert {code for code, status, _ in found if status == "fail"} == set(CONTRADICTED)
    assert sum(status == "pass" for _, status, _ in found) == 9 and len(found) == 15
    assert {severity for _, _, severity in found} == {"warning"}

    planned = {"platform": 15, "feed": len(load_contracts()), "warehouse": 1}
    counted = rows(
        "select check_code, entity_kind, count(*), count(distinct entity_code) from marts.quality_check group by all"
    )
    assert {code for code, *_ in counted} == {code for (code,) in rows("select check_code from seeds.quality_checks")}
    assert all(number == distinct == planned[kind] for _, kind, number, distinct in counted), counted
    assert outcome["checks"] == sum(number for _, _, number, _ in counted)

    (evidence,) = rows(
        f"select evidence from marts.quality_check where check_code = '{CHECK}' and entity_code = '210300'"
    )
    assert "2024年9月，441 件投诉举报" in evidence[0] and "抽检 4 件、接通 4 件、不实 4 件" in evidence[0]
    assert "办结率 100 %" in evidence[0] and "B 存疑" in evidence[0] and "不实工单：" in evidence[0]


def test_judging_the_same_build_again_replaces_the_run(installation):
    first, second = judge(installation, LAST_DELIVERY), judge(installation, LAST_DELIVERY)

    assert first == second, "the same build is the same run"
    for table in ("plans", "results"):
        files = {path.name for path in (installation.quality / table).iterdir()}
        assert files == {f"{first.run_id}.parquet", "empty.parquet"}
    pages = list((installation.reports / "data_docs").glob("validations/*/*"))
    assert {path.name for path in pages} == {first.run_id}


def test_marts_that_disagree_forbid_publication(installation):
    change(
        installation, "delete from marts.mart_category_monthly where month = '2024-09-01' and platform_code = '210600'"
    )
    outcome = judge(installation, LAST_DELIVERY)

    assert outcome.blocking == ["category_matches_volume:210600"]
    assert outcome.exit_code == EXIT_BLOCKED
    assert outcome.contradicted == CONTRADICTED


def test_lost_raw_rows_are_found(installation):
    """A Parquet file that disappears after ingest: the ledger still says how many rows there were."""
    raw, ledger = installation.raw.resolve(), installation.ledger
    (newest,) = {path.parent.parent.name for path in raw.glob("spot_checks/dt=2024-*/*/*.parquet")}
    installation.raw.unlink()
    for feed in raw.iterdir():
        if feed.name != "spot_checks":
            (installation.raw / feed.name).parent.mkdir(exist_ok=True)
            (installation.raw / feed.name).symlink_to(feed)
    outcome = judge(installation, LAST_DELIVERY)

    assert next(ledger.glob(f"{newest}/*/spot_checks-*.json"))
    assert outcome.blocking == ["feed_rows_in_raw:spot_checks"]


def test_a_suite_that_cannot_be_imported_is_an_error_in_every_row(installation, project, monkeypatch):
    monkeypatch.setitem(sys.modules, "expectations.suites.integrity", None)  # as after a broken import
    with project.at(installation.var):
        done = InProcess.of(project)("quality", "--json", "--partition", str(LAST_DELIVERY))
        (line,) = done.stdout.splitlines()  # the scheduler reads one line

    outcome = json.loads(line)
    assert done.returncode == EXIT_INCOMPLETE and outcome["incomplete"]
    with duckdb.connect(str(installation.build_database), read_only=True) as connection:
        statuses = connection.execute("select suite, status, count(*) from marts.quality_check group by all").fetchall()
    assert {status for suite, status, _ in statuses if suite == "integrity"} == {"error"}
    assert {status for suite, status, _ in statuses if suite != "integrity"} <= {"pass", "fail", "not_applicable"}
    assert sum(number for *_, number in statuses) == outcome["checks"], "no planned row is missing"


def test_a_check_that_nobody_answers_is_incomplete(installation, monkeypatch):
    from expectations.suites import marts

    scores = marts._scores

    def forgetful(scope):
        batch = scores(scope)
        return replace(batch, expectations=batch.expectations[:1])

    monkeypatch.setattr(marts, "_scores", forgetful)
    outcome = judge(installation, LAST_DELIVERY)

    assert outcome.exit_code == EXIT_INCOMPLETE
    assert {key.partition(":")[0] for key in outcome.errors} == {"score_in_range", "score_deductions_add_up"}


def test_without_a_build_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))

    with pytest.raises(HotlineError, match="hotline build"):
        CliRunner().invoke(command, ["--json"], catch_exceptions=False)


def test_an_old_day_is_judged_beside_the_newest_never_instead_of_it(installation, project):
    """Else a run for an old day would let pass what the newest day's run had held back."""
    old = date(2024, 9, 30)
    assert days_to_judge(installation, None) == days_to_judge(installation, LAST_DELIVERY) == [LAST_DELIVERY]
    assert days_to_judge(installation, old) == [old, LAST_DELIVERY]
    change(
        installation, "delete from marts.mart_category_monthly where month = '2024-09-01' and platform_code = '210600'"
    )
    with project.at(installation.var):
        done = InProcess.of(project)("quality", "--json", "--partition", "2024-08-31")

    outcome = json.loads(done.stdout)
    assert (outcome["day"], outcome["blocking"]) == ("2024-08-31", []), "the day that was asked for"
    assert done.returncode == EXIT_BLOCKED
    assert f"{LAST_DELIVERY}: forbids publication: category_matches_volume:210600" in done.stderr
