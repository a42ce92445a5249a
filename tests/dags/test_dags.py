"""The DAG files hold to the policy that lets one person run them all."""

import ast
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from airflow.sdk import PartitionedAssetTimetable

CHAIN = ("ingest_feeds", "build_warehouse", "check_quality", "publish_warehouse")
AUDIT = ("plan_spot_checks", "draw_spot_checks", "judge_spot_checks")
DAGS = (*CHAIN, *AUDIT, "housekeep")
WAITING = {"approve", "wait_for_the_draw", "ask_for_value"}
"""Tasks that wait for a person or a time."""
OVERLAPPING = {"ingest_feeds": 3, "draw_spot_checks": 4}
FILES = sorted((Path(__file__).resolve().parents[2] / "dags").glob("*.py"))
WRITERS = {
    "build_warehouse": "build", "check_quality": "check", "publish_warehouse": "publish", "housekeep": "remove",
}  # fmt: skip
LIGHT = {"airflow", "hotline", "pendulum"} | sys.stdlib_module_names


def test_all_dag_files_import(bag):
    assert bag.import_errors == {}
    assert set(bag.dags) == set(DAGS)


def test_one_file_a_dag():
    assert {file.stem for file in FILES} == set(DAGS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_heavy_is_imported_when_a_file_is_parsed(file):
    """DAG files are parsed every few seconds: what takes long or needs the other environment belongs into a step."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module.split(".")[0])
    assert imported <= LIGHT


@pytest.mark.parametrize("dag_id", DAGS)
def test_a_dag_says_what_it_is_for_and_whom_to_ask(bag, dag_id):
    dag = bag.dags[dag_id]
    assert "**Purpose.**" in dag.doc_md
    assert "### Triage" in dag.doc_md
    assert dag.doc_md.count("\n* *") >= 2, "triage notes name symptoms"
    assert "hotline" in dag.tags and len(dag.tags) >= 2
    assert {task.owner for task in dag.tasks} == {"data-engineering"}


@pytest.mark.parametrize("dag_id", DAGS)
def test_a_run_never_overtakes_another_or_fills_a_gap_by_itself(bag, dag_id):
    """Only what waits may overlap: for files, while a backfill goes on; for a draw, while another round is drawn."""
    dag = bag.dags[dag_id]
    assert dag.max_active_runs == OVERLAPPING.get(dag_id, 1)
    assert dag.catchup is False


@pytest.mark.parametrize("dag_id", DAGS)
def test_tasks_are_retried_with_back_off_and_end_in_time(bag, dag_id):
    for task in bag.dags[dag_id].tasks:
        assert task.retries == 3
        assert task.retry_delay == timedelta(seconds=20)
        assert task.retry_exponential_backoff == 2
        assert task.execution_timeout == (None if task.task_id in WAITING else timedelta(hours=2))


@pytest.mark.parametrize("dag_id", WRITERS)
def test_who_opens_the_warehouse_file_waits_for_the_one_slot(bag, dag_id):
    assert bag.dags[dag_id].get_task(WRITERS[dag_id]).pool == "duckdb"


def test_failed_data_tests_are_not_retried_and_a_lock_is(bag):
    from hotline.orchestration import DataTestFailure, InfrastructureError, UsageError

    policy = bag.dags["build_warehouse"].get_task("build").retry_policy
    action = {
        kind: policy.evaluate(kind("build", 1, []), 1, 3).action.value
        for kind in (DataTestFailure, UsageError, InfrastructureError)
    }
    assert action == {DataTestFailure: "fail", UsageError: "fail", InfrastructureError: "default"}


def test_assets_join_the_dags_into_one_chain(bag):
    made = {
        dag_id: {asset.name for task in bag.dags[dag_id].tasks for asset in task.outlets if hasattr(asset, "name")}
        for dag_id in CHAIN
    }
    for before, after in pairwise(CHAIN):
        timetable = bag.dags[after].schedule
        assert isinstance(timetable, PartitionedAssetTimetable)
        assert {timetable.asset_condition.name} == made[before]
    assert made["publish_warehouse"] == {"published_warehouse"}


def test_rounds_are_planned_weekly_drawn_when_frozen_and_judged_when_published(bag):
    from hotline.scheduling import FROZEN, PUBLISHED

    assert bag.dags["plan_spot_checks"].get_task("freeze").outlets == [FROZEN]
    assert bag.dags["draw_spot_checks"].schedule.asset_condition == FROZEN
    assert bag.dags["judge_spot_checks"].schedule.asset_condition == PUBLISHED


def test_nothing_is_frozen_without_an_approval_that_ends_before_the_draw(bag):
    from hotline.second_person import SecondPersonApproval

    plan = bag.dags["plan_spot_checks"]
    assert plan.is_paused_upon_creation, "somebody decides to begin"
    approve = plan.get_task("approve")
    assert isinstance(approve, SecondPersonApproval)
    assert timedelta(0) < approve.response_timeout <= timedelta(days=2) - timedelta(hours=4), (
        "Monday 14:00 to Wednesday 10:00"
    )
    assert "approve" in plan.get_task("freeze").upstream_task_ids


def test_ingest_runs_each_morning_for_the_folders_of_the_day(bag):
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction
    from pendulum import datetime

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags["ingest_feeds"])).timetable
    since = TimeRestriction(earliest=datetime(2024, 10, 14), latest=None, catchup=True)
    run = timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=since)
    assert (run.partition_key, run.run_after) == ("2024-10-15", datetime(2024, 10, 15, 6, 30, tz="Asia/Shanghai"))


def test_a_failed_sender_turns_the_run_red_but_does_not_stop_the_report(bag):
    dag = bag.dags["ingest_feeds"]
    assert dag.get_task("report_deliveries").trigger_rule == "all_done"
    assert {task.task_id for task in dag.tasks if not task.downstream_list} == {
        "report_deliveries",
        "every_sender_ingested",
        "alert_overdue",
    }
    assert dag.get_task("alert_overdue").trigger_rule == "all_done", "a failed sender must not swallow the alert"
    assert dag.get_task("every_sender_ingested").trigger_rule == "all_success"


def test_from_day_is_a_date_or_nothing(bag):
    from airflow.sdk.exceptions import ParamValidationError

    params = bag.dags["ingest_feeds"].params
    assert params["from_day"] is None
    params["from_day"] = "2023-09-01"
    with pytest.raises(ParamValidationError):
        params["from_day"] = 20230901


def test_the_wait_has_a_limit_and_the_look_back_too(bag):
    from airflow.sdk.exceptions import ParamValidationError

    params = bag.dags["ingest_feeds"].params
    assert (params["wait_minutes"], params["lookback_days"]) == (90, 7)
    for name, wrong in (("wait_minutes", -1), ("wait_minutes", 2881), ("lookback_days", -1), ("lookback_days", 1.5)):
        with pytest.raises(ParamValidationError):
            params[name] = wrong


def test_a_sender_keeps_its_name_in_the_list_of_mapped_tasks(bag):
    assert (
        bag.dags["ingest_feeds"].get_task("ingest_sender").partial_kwargs["map_index_template"] == "{{ task.sender }}"
    )


def test_housekeeping_runs_weekly_before_the_feeds_of_the_day(bag):
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction
    from pendulum import datetime

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags["housekeep"])).timetable
    since = TimeRestriction(earliest=datetime(2024, 10, 14), latest=None, catchup=True)
    run = timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=since)
    assert run.run_after == datetime(2024, 10, 20, 3, tz="Asia/Shanghai"), "a Sunday"


def test_the_runs_of_every_dag_of_audits_are_kept_apart(bag):
    """Who approved a round stands in the metadata of Airflow alone."""
    from hotline.housekeep.retention import Retention
    from hotline.settings import Settings

    tagged = {dag_id for dag_id, dag in bag.dags.items() if "audit" in dag.tags}
    assert set(Retention.of(Settings.from_environment())["airflow_metadata"].apart) == tagged == set(AUDIT)
