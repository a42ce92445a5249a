"""The runner counts what ran, loses no suite, and keeps suites that share something in order."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import run
from run import Done, Plan


def done(**counted: int) -> Done:
    return Done(Counter(counted), 0.0, 0.0, Path())


def test_suites_are_found_at_any_depth(tmp_path, monkeypatch):
    for path in ("unit/deep/deeper/test_a.py", "e2e/test_b.py", "support/helper.py"):
        (tmp_path / "tests" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / path).touch()
    monkeypatch.setattr(run, "HOME", tmp_path)
    assert run.found_suites() == ["e2e", "unit"]


@pytest.mark.parametrize(
    ("code", "found", "may_be_empty", "failed"),
    [
        (0, {"passed": 3}, False, 0),
        (1, {"passed": 3, "failed": 2}, False, 2),
        (2, {"passed": 3}, False, 1),  # ended badly after some tests, none of them failed
        (-9, {}, False, 1),
        (0, {}, False, 1),  # nothing ran: an empty suite must not look like a good one
        (5, {}, False, 1),
        (5, {}, True, 0),
        (4, {}, True, 1),
    ],
)
def test_a_suite_that_could_not_run_counts_as_a_failure(code, found, may_be_empty, failed):
    assert run.judged("unit", code, Counter(found), may_be_empty)["failed"] == failed


@pytest.mark.parametrize("task", [run.LINT, run.WAREHOUSE])
def test_what_holds_no_tests_fails_by_its_exit_code(task):
    assert run.judged(task, 0, Counter())["failed"] == 0
    assert run.judged(task, 1, Counter())["failed"] == 1


def test_two_run_side_by_side_and_what_is_needed_comes_first():
    began, lock, running, most = [], threading.Lock(), set(), []

    def work(task: str) -> Done:
        with lock:
            began.append(task)
            running.add(task)
            most.append(len(running))
        time.sleep(0.05)
        with lock:
            running.discard(task)
            if task == "dbt":
                assert "warehouse" not in running
        return done(passed=1)

    tasks = ["warehouse", "dbt", "superset", "unit", "faults"]
    results = run.in_lanes(tasks, 2, work, run.needs, lambda task, result: None)
    assert set(results) == set(tasks)
    assert max(most) == 2
    assert began[:2] == ["warehouse", "unit"]  # not dbt, which has to wait for the first


def test_one_that_waits_runs_beside_the_lanes():
    together, lock, running = [], threading.Lock(), set()

    def work(task: str) -> Done:
        with lock:
            running.add(task)
        time.sleep(0.05)
        with lock:
            together.append(set(running))
            running.discard(task)
        return done(passed=1)

    tasks = ["e2e", "superset-pages", "unit", "faults"]
    results = run.in_lanes(tasks, 1, work, lambda task: set(), lambda task, result: None, {"e2e", "superset-pages"})
    assert set(results) == set(tasks)
    assert {"e2e", "unit"} in together, "beside the one lane"
    assert all(len(names) <= 2 and len(names & {"unit", "faults"}) <= 1 for names in together)


@pytest.mark.parametrize("plan", [("--quick",), ()])
def test_every_module_of_a_suite_runs_in_one_of_its_parts(plan):
    tasks = run.planned(run.arguments(list(plan))).tasks
    for suite in run.found_suites():
        there = {path.relative_to(run.HOME).as_posix() for path in (run.HOME / "tests" / suite).rglob("test_*.py")}
        taken: Counter = Counter()
        for task in tasks:
            if run.suite(task) != suite:
                continue
            words = run.chosen_modules(task, tasks)
            left_out = {word.removeprefix("--ignore=") for word in words if word.startswith("--ignore=")}
            assert left_out <= there
            named = {word for word in words if word in there}
            taken.update(named or there - left_out)
        assert taken == Counter(there), suite


def test_an_error_of_the_runner_itself_is_not_swallowed():
    def work(task: str) -> Done:
        raise RuntimeError(task)

    with pytest.raises(RuntimeError, match="unit"):
        run.in_lanes(["unit"], 2, work, run.needs, lambda task, result: None)


def test_the_warehouse_is_built_only_for_those_that_look_at_it(monkeypatch):
    monkeypatch.delenv("HOTLINE_TEST_DATABASE", raising=False)
    assert run.planned(run.arguments(["unit", "lint"])) == Plan(("lint", "unit"))
    assert run.planned(run.arguments(["dbt"])).tasks == ("warehouse", "dbt-growing", "dbt")
    assert "warehouse" not in run.planned(run.arguments(["--quick"])).tasks
    assert {"warehouse", "lint", *run.found_suites(), *run.PARTS} == set(run.planned(run.arguments([])).tasks)
    monkeypatch.setenv("HOTLINE_TEST_DATABASE", "given.duckdb")
    assert run.planned(run.arguments(["dbt"])).tasks == ("dbt-growing", "dbt")
    assert run.planned(run.arguments(["dbt", "--quick"])).tasks == ("dbt",)


def test_a_test_that_is_not_there_is_named():
    assert run.suite_of("tests/dbt/test_scores.py::test_a_floor_is_explained") == "dbt"
    for wrong in ("tests/dbt/test_none.py", "src/hotline/cli.py"):
        with pytest.raises(SystemExit, match=f"no such test: {wrong}"):
            run.suite_of(wrong)
