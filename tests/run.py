"""Runs the test suites, each in the environment it belongs to: ``python tests/run.py [option ...] [suite ...]``.

A suite is a folder of ``tests/`` with tests in it, however deep; ``lint`` is one too. Two run side by side (``--jobs``),
and one more of those that mostly wait for a browser or a scheduler. The greatest run in two parts, each a process of its
own. What they share, the sample warehouse, is built once, before those that look at it. One line a suite, details in
``var/test/<suite>.log``; the output of a suite that failed is shown. The last line counts all tests from the JUnit files.
Exit code 1 when anything failed, and when a suite could not run at all.

``--only`` runs single files, folders or tests instead and shows what pytest says; see CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "tests" / "support"))

import sample_warehouse  # noqa: E402

REPORTS = HOME / "var" / "test"
LINT, WAREHOUSE = "lint", "warehouse"
ENVIRONMENT = {"dags": "airflow"}
NEEDS_WAREHOUSE = {"dbt", "expectations", "superset"}
PARTS = {
    # those that start from a warehouse without rows; the rest shares a small chain and the sample
    "dbt-growing": ("after_the_freeze", "audit", "build", "claims_on_tickets", "corrections", "determinism", "evasions",
                    "incremental", "judgements", "open_tickets", "origin", "other_documents", "unit_tests", "verdicts"),
    # those that draw pages, which they share
    "superset-pages": ("dashboard", "handling", "matrix", "offered", "telemetry", "topics"),
}  # fmt: skip
"""Modules of a suite that run as a part of their own. All others, new ones too, run under the name of the suite."""
WAITING = {"e2e", "superset-pages"}
"""What a scheduler or a browser keeps waiting: one of them runs beside the lanes."""
ORDER = [WAREHOUSE, "dbt-growing", "dbt", "e2e", "superset-pages", "superset", LINT, "unit", "faults", "expectations"]
"""Longest first, so that all lanes end at about the same time; a suite that is not listed runs too, at the end."""
SHOWN_LINES = 80
NOTHING_CHOSEN = 5
"""pytest's exit code when no test was selected."""


@dataclass(frozen=True)
class Plan:
    """What one call runs, and with which of pytest's options."""

    tasks: tuple[str, ...]
    options: tuple[str, ...] = ()
    may_be_empty: bool = False
    """Whether a suite may hold no test of those asked for."""


@dataclass(frozen=True)
class Done:
    """How a task ended."""

    counted: Counter
    seconds: float
    processor: float
    """Seconds of processor time, of the process and of all that it waited for."""
    log: Path

    @property
    def failed(self) -> bool:
        return self.counted["failed"] > 0


def environment_of(suite: str) -> Path:
    return HOME / ".venv" / ENVIRONMENT.get(suite, "warehouse") / "bin" / "python"


def suite(task: str) -> str:
    """The suite that a task is, or is a part of."""
    return task.partition("-")[0] if task in PARTS else task


def chosen_modules(task: str, tasks: Sequence[str]) -> list[str]:
    """What pytest is told so that each module of a suite runs in one of ``tasks``: those of a part, or all but those."""
    folder = f"tests/{suite(task)}"
    if task in PARTS:
        return [f"{folder}/test_{name}.py" for name in PARTS[task]]
    apart = [part for part in PARTS if part in tasks and suite(part) == task]
    return [folder, *(f"--ignore={path}" for part in apart for path in chosen_modules(part, tasks))]


def command(task: str, plan: Plan) -> list[str]:
    if task == LINT:
        return [str(environment_of(task)), str(HOME / "tests" / "lint.py")]
    if task == WAREHOUSE:
        return [str(environment_of(task)), "-u", str(HOME / "tests" / "support" / "sample_warehouse.py")]
    options = ["-p", "no:cacheprovider", "--tb=short", f"--junitxml={REPORTS / f'{task}.xml'}", *plan.options]
    return [str(environment_of(suite(task))), "-m", "pytest", *chosen_modules(task, plan.tasks), *options]


def counts(report: Path) -> Counter:
    """Passed, failed and skipped test cases of a JUnit file; an error counts as a failure."""
    found: Counter = Counter()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 -- written by our own pytest a moment ago
        outcomes = {child.tag for child in case} & {"failure", "error", "skipped"}
        found["failed" if outcomes & {"failure", "error"} else "skipped" if outcomes else "passed"] += 1
    return found


def judged(task: str, code: int, found: Counter, may_be_empty: bool = False) -> Counter:
    """The counts of a task, with a failure added where it ended badly or ran nothing without saying so."""
    result = Counter(found)
    chosen_nothing = may_be_empty and code == NOTHING_CHOSEN
    if code and not result["failed"] and not chosen_nothing:
        result["failed"] = 1
    if task not in (LINT, WAREHOUSE) and not result["passed"] and not result["failed"] and not chosen_nothing:
        result["failed"] = 1  # an empty suite must not look like a good one
    return result


def run(task: str, plan: Plan, environment: dict[str, str]) -> Done:
    report, log = REPORTS / f"{task}.xml", REPORTS / f"{task}.log"
    report.unlink(missing_ok=True)
    begin = time.monotonic()
    with log.open("w", encoding="utf-8") as sink:
        child = subprocess.Popen(command(task, plan), cwd=HOME, stdout=sink, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        code = child.returncode = os.waitstatus_to_exitcode(status)
    found = counts(report) if report.is_file() else Counter()
    counted = judged(task, code, found, plan.may_be_empty)
    return Done(counted, time.monotonic() - begin, usage.ru_utime + usage.ru_stime, log)


def line(task: str, done: Done) -> str:
    count = done.counted
    if task in (LINT, WAREHOUSE):
        text = f"{count['failed']} failed" if done.failed else {LINT: "clean", WAREHOUSE: "ready"}[task]
    else:
        text = f"{count['passed']} passed, {count['failed']} failed"
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    return f"  {task:<15}{text}{skipped}  ({done.seconds:.0f} s, {done.processor:.0f} s of processor time)"


def show(task: str, done: Done) -> None:
    print(line(task, done), flush=True)
    if done.failed:
        print("\n".join(done.log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN_LINES:]), flush=True)


def in_lanes(
    tasks: Sequence[str],
    lanes: int,
    work: Callable[[str], Done],
    needs: Callable[[str], set[str]],
    say: Callable[[str, Done], None],
    waiting_ones: Container[str] = (),
) -> dict[str, Done]:
    """Run every task, at most ``lanes`` at once, each when those it needs are done; a lane takes the first that may go.

    One lane more takes none but ``waiting_ones``, which the others leave until nothing else may go.
    """
    waiting, results = list(tasks), {}
    broken: list[BaseException] = []
    changed = threading.Condition()

    def lane(is_beside: bool) -> None:
        def mine() -> list[str]:
            return [task for task in waiting if task in waiting_ones or not is_beside]

        while True:
            with changed:
                while mine() and not broken:
                    ready = [task for task in mine() if not (needs(task) & set(tasks)) - results.keys()]
                    if ready:
                        break
                    changed.wait()
                if not mine() or broken:
                    return
                task = min(ready, key=lambda task: task in waiting_ones)
                waiting.remove(task)
            try:
                done = work(task)
            except BaseException as error:
                with changed:
                    broken.append(error)
                    changed.notify_all()
                return
            with changed:
                results[task] = done
                say(task, done)
                changed.notify_all()

    beside = any(task in waiting_ones for task in tasks)
    threads = [threading.Thread(target=lane, args=(number == lanes,), daemon=True) for number in range(lanes + beside)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return results


def needs(task: str) -> set[str]:
    return {WAREHOUSE} if suite(task) in NEEDS_WAREHOUSE else set()


def found_suites() -> list[str]:
    """Folders of ``tests/`` that hold tests, at whatever depth."""
    tests = HOME / "tests"
    return sorted({path.relative_to(tests).parts[0] for path in tests.glob("*/**/test_*.py")})


def position(task: str) -> int:
    return ORDER.index(task) if task in ORDER else len(ORDER)


def suite_of(test: str) -> str:
    """The suite that a path like ``tests/dbt/test_scores.py::test_a_floor`` belongs to.

    Raises
    ------
    SystemExit: the path is not one of a test.
    """
    path = (HOME / test.partition("::")[0]).resolve()
    tests = HOME / "tests"
    if not path.exists() or tests not in path.parents:
        raise SystemExit(f"no such test: {test}\nremedy: give a path below tests/, as T=tests/dbt/test_scores.py")
    return path.relative_to(tests).parts[0]


def only(tests: Sequence[str], options: Sequence[str]) -> int:
    """Run single tests on the warehouse that is there; pytest speaks for itself. Exit code 1 when one failed."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    total: Counter = Counter()
    suites = sorted({suite_of(test) for test in tests}, key=position)
    for suite in suites:
        report = REPORTS / f"{suite}.xml"
        report.unlink(missing_ok=True)
        mine = [test for test in tests if suite_of(test) == suite]
        argv = [str(environment_of(suite)), "-m", "pytest", "-p", "no:cacheprovider", "--tb=short"]
        run = subprocess.run(
            [*argv, f"--junitxml={report}", "--existing-warehouse", *options, *mine], cwd=HOME, check=False
        )
        found = counts(report) if report.is_file() else Counter()
        total += judged(suite, run.returncode, found, may_be_empty=len(suites) > 1)
    print(f"total: {total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] or not total["passed"] else 0


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/run.py", description="Run test suites, lint among them. Without names: all of them."
    )
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"{LINT}, {WAREHOUSE}, {', '.join(found_suites())}")
    parser.add_argument(
        "--quick", action="store_true", help="without the tests that need a big fixture: under 2 minutes"
    )
    parser.add_argument("--long", action="store_true", help="sixty daily builds, and the tests marked long")
    parser.add_argument("--whole-matrix", action="store_true", help="every page x account x state in the browser")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEST", help="single files, folders or tests")
    parser.add_argument("-k", default="", metavar="EXPRESSION", help="only the tests whose names match, as with pytest")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="suites side by side (default 2)")
    chosen = parser.parse_args(argv)
    if unknown := set(chosen.suites) - {LINT, WAREHOUSE, *found_suites()}:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {LINT}, {', '.join(found_suites())}")
    if chosen.jobs < 1:
        parser.error("--jobs must be 1 or more")
    return chosen


def flags(chosen: argparse.Namespace) -> tuple[str, ...]:
    """Our own options of pytest, see tests/conftest.py."""
    return tuple(f"--{name.replace('_', '-')}" for name in ("quick", "long", "whole_matrix") if getattr(chosen, name))


def planned(chosen: argparse.Namespace) -> Plan:
    """Tasks in the order in which they may begin; the warehouse among them when one of them looks at it."""
    tasks = set(chosen.suites or [LINT, *found_suites()])
    if not chosen.quick:  # which leaves too little to be worth another process
        tasks |= {part for part in PARTS if suite(part) in tasks}
    given = "HOTLINE_TEST_DATABASE" in os.environ
    if any(needs(task) for task in tasks) and not chosen.quick and not given:
        tasks.add(WAREHOUSE)
    return Plan(tuple(sorted(tasks, key=lambda task: (position(task), task))), flags(chosen), chosen.quick)


def main() -> int:
    chosen = arguments()
    if chosen.only or chosen.k:
        tests = chosen.only or [f"tests/{suite}" for suite in chosen.suites or found_suites()]
        return only(tests, [*flags(chosen), *(["-k", chosen.k] if chosen.k else [])])
    REPORTS.mkdir(parents=True, exist_ok=True)
    plan = planned(chosen)
    environment = dict(os.environ)
    # our own sources are compiled once, not by each of hundreds of commands; those of others are when they are installed
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if WAREHOUSE in plan.tasks:  # a suite does not try once more what has just failed
        files = sample_warehouse.contents()
        path = sample_warehouse.FOLDER / sample_warehouse.fingerprint(files) / sample_warehouse.DATABASE
        environment["HOTLINE_TEST_DATABASE"] = str(path)
    waiting_ones = WAITING if chosen.jobs > 1 else ()
    results = in_lanes(plan.tasks, chosen.jobs, lambda task: run(task, plan, environment), needs, show, waiting_ones)
    total = sum((done.counted for done in results.values()), Counter())
    print(f"total: {total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
