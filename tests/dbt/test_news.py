"""A build makes and tests only what news reaches, and what it leaves is what a whole build makes."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from in_process import InProcess
from marts import differing
from ticket_files import deliver, ticket_table

from hotline import build, news
from hotline.settings import Settings

pytestmark = pytest.mark.slow

DAYS = [date(2024, 9, day) for day in (20, 21, 22)]
EVIDENCE = {"int_rate_evidence", "int_topic_league_evidence", "int_topic_spot_evidence", "int_topic_rise_evidence"}


@pytest.fixture
def installed(project, small_chain, tmp_path):
    """A published warehouse whose last finished build was whole; copied, to be built on."""
    var = tmp_path / "var"
    shutil.copytree(small_chain, var, symlinks=True)
    with project.at(var):
        yield InProcess.of(project)


def take(installed: InProcess, day: date, *changes: dict) -> None:
    deliver(installed.settings, ticket_table(*changes), sender="210100", day=day)
    assert json.loads(installed.done("ingest", "--json").splitlines()[-1])["rejected"] == []


def made(installed: InProcess) -> dict[str, set[str]]:
    """Names of what the last build made (``model``) and held (``test``)."""
    results = installed.settings.var / "dbt" / "target" / "run_results.json"
    found: dict[str, set[str]] = {}
    for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        found.setdefault(kind, set()).add(name)
    return found


def test_without_a_new_file_nothing_is_made_and_what_was_judged_stays_publishable(installed):
    database = installed.settings.build_database
    content, state = database.read_bytes(), installed.state
    run = installed("build", "--json")
    assert run.returncode == 0 and "nothing new since the last build" in run.stderr
    assert json.loads(run.stdout)["statuses"] == {}
    assert database.read_bytes() == content and installed.state == state
    assert not json.loads(installed.done("publish", "--json"))["changed"]


@pytest.mark.parametrize("fault", ["other tests", "another file", "failed", "no state"])
def test_nothing_new_is_said_of_the_very_file_that_passed_these_very_tests(installed, monkeypatch, fault):
    assert build.approval.has_passed(installed.settings, build.tests_hash(installed.settings))
    if fault == "other tests":
        monkeypatch.setattr(build, "tests_hash", lambda settings: "other")
    elif fault == "another file":
        with duckdb.connect(str(installed.settings.build_database)) as connection:
            connection.execute("delete from marts.fct_ticket")
    elif fault == "failed":
        build.approval.begin_build(installed.settings, build.tests_hash(installed.settings))
        build.approval.end_build(installed.settings, "its tests failed")
    else:
        installed.settings.build_database.with_name("state.json").unlink()
    asked = []
    monkeypatch.setattr(build, "run_dbt", lambda arguments, settings: asked.append(arguments) or build.DbtRun({}, 0))
    build.build(installed.settings)
    assert [arguments[0] for arguments in asked] == ["build"]


def test_days_make_what_their_news_reaches_and_the_marts_of_a_whole_build(installed, tmp_path):
    settings = installed.settings
    take(installed, DAYS[0], {"办结意见": "改过"})
    installed.done("build")
    first = made(installed)
    assert first["model"] >= EVIDENCE and first["seed"], "the views of a whole build are made once more"

    take(installed, DAYS[1], {"办结意见": "又改过"}, {"业务类型": "吐槽"})
    installed.done("build")
    second = made(installed)
    assert {"fct_ticket", "mart_indicator_monthly"} <= second["model"] < first["model"]
    assert second["test"] < first["test"] and "seed" not in second

    take(installed, DAYS[2])  # a file without a row
    installed.done("build")
    third = made(installed)
    assert {"fct_feed_delivery", "mart_feed_obligation"} <= third["model"] < second["model"]
    assert not third["model"] & {"fct_ticket", "mart_hot_spot", "mart_category_ranking", "mart_enterprise_league"}
    assert not third["model"] & EVIDENCE - {"int_rate_evidence"}
    assert third["test"] < second["test"]

    assert json.loads(installed.done("quality", "--json"))["incomplete"] is False
    assert json.loads(installed.done("publish", "--json"))["changed"]
    grown = tmp_path / "grown.duckdb"
    shutil.copyfile(settings.build_database, grown)
    installed.done("build", "--full-refresh")
    assert differing(grown, settings.build_database) == {}


def test_what_reads_rows_of_a_feed_has_no_news_by_another_feeds_file(project):
    reach = news.Reach(project.manifest)
    names = {reach.models[key].name for key in reach.of({news.LEDGER})}
    assert "stg_feed_deliveries" in names and not names & {"base_tickets", "stg_published_claims"}
    claims = {reach.models[key].name for key in reach.of({news.LEDGER, "raw.published_claims"})}
    assert "stg_published_claims" in claims


def test_no_gate_waits_for_what_lies_behind_one(project):
    """Gates are made first: one that hangs on tickets would bring them all along on every day."""
    reach = news.Reach(project.manifest)
    assert {node.name for node in (reach.models[key] for key in reach.gates)} >= {"int_changed_ticket", "dim_date"}
    first = reach.up_to_the_gates(set(reach.models))
    assert "fct_ticket" not in {reach.models[key].name for key in first}


def test_a_gate_that_is_built_in_parts_lists_changes(project):
    """It lets news through when the build wrote in it; what it deleted would be overlooked in any other."""
    reach = news.Reach(project.manifest)
    parts = {reach.models[key].name for key in reach.gates if reach.models[key].config.materialized == "incremental"}
    assert parts == {"int_changed_ticket"}


@pytest.mark.parametrize("file", ["judged anew", "gone"])
def test_where_the_ledger_says_otherwise_of_a_file_all_is_looked_at(installed, file):
    settings: Settings = installed.settings
    take(installed, DAYS[0], {"办结意见": "改过"})
    with duckdb.connect(str(settings.build_database)) as connection:
        connection.execute("update staging.builds set is_partial = true")
    assert news.of(settings) == {news.LEDGER, "raw.tickets"}
    known = (path for path in settings.ledger.glob("dt=*/*/tickets*.json") if f"dt={DAYS[0]}" not in path.parts)
    loaded = next(path for path in known if _rows(path))
    if file == "gone":
        loaded.unlink()
    else:
        name = loaded.name.rsplit(".", 2)[0]
        loaded.with_name(f"{name}.99-0000.json").write_text(loaded.read_text(encoding="utf-8"), encoding="utf-8")
    assert news.of(settings) is None


def _rows(entry: Path) -> int:
    return json.loads(entry.read_text(encoding="utf-8"))["rows_loaded"]
