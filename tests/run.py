"""Runs every test suite in the environment it belongs to: ``python tests/run.py [suite ...]``.

Quiet: one line a suite, details in ``var/test/<suite>.log``; the output of a suite that failed is shown. The last
line counts all tests from the JUnit files. Exit code 1 when anything failed, and when a suite could not run at all.
"""

from __future__ import annotations

import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
REPORTS = HOME / "var" / "test"
RUFF = HOME / ".venv" / "warehouse" / "bin" / "ruff"
ENVIRONMENT = {"dags": "airflow"}
ORDER = ["unit", "dbt", "expectations", "dags", "superset", "e2e"]
"""Quick ones first; a suite that is not listed runs too, at the end."""
SHOWN_LINES = 80


def pytest(suite: str) -> list[list[str]]:
    python = HOME / ".venv" / ENVIRONMENT.get(suite, "warehouse") / "bin" / "python"
    report = REPORTS / f"{suite}.xml"
    options = ["-p", "no:cacheprovider", "--tb=short", f"--junitxml={report}"]
    return [[str(python), "-m", "pytest", f"tests/{suite}", *options]]


def lint() -> list[list[str]]:
    return [[str(RUFF), "check", "--quiet", "."], [str(RUFF), "format", "--quiet", "--check", "."]]


def counts(report: Path) -> Counter:
    """Passed, failed and skipped test cases of a JUnit file; an error counts as a failure."""
    found: Counter = Counter()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 -- written by our own pytest a moment ago
        outcomes = {child.tag for child in case} & {"failure", "error", "skipped"}
        found["failed" if outcomes & {"failure", "error"} else "skipped" if outcomes else "passed"] += 1
    return found


def run(suite: str) -> Counter:
    """Run one suite, print its line; a suite that ends badly without a failed case counts as one failure."""
    report, log = REPORTS / f"{suite}.xml", REPORTS / f"{suite}.log"
    report.unlink(missing_ok=True)
    begin = time.monotonic()
    codes = []
    with log.open("w", encoding="utf-8") as sink:
        for argv in lint() if suite == "lint" else pytest(suite):
            codes.append(subprocess.run(argv, cwd=HOME, stdout=sink, stderr=subprocess.STDOUT, check=False).returncode)
    result = counts(report) if report.is_file() else Counter()
    if any(codes) and not result["failed"]:
        result["failed"] = 1
    if suite != "lint" and not result["passed"] and not result["failed"]:
        result["failed"] = 1  # nothing ran: an empty suite must not look like a good one
    skipped = f", {result['skipped']} skipped" if result["skipped"] else ""
    text = (
        "clean" if suite == "lint" and not result["failed"] else f"{result['passed']} passed, {result['failed']} failed"
    )
    print(f"  {suite:<13}{text}{skipped}  ({time.monotonic() - begin:.0f} s)", flush=True)
    if result["failed"]:
        print("\n".join(log.read_text(encoding="utf-8").splitlines()[-SHOWN_LINES:]), flush=True)
    return result


def found_suites() -> list[str]:
    """Folders of ``tests/`` that hold tests."""
    return sorted({path.parent.name for path in (HOME / "tests").glob("*/test_*.py")})


def position(suite: str) -> int:
    return ORDER.index(suite) if suite in ORDER else len(ORDER)


def main() -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    suites = sys.argv[1:] or ["lint", *sorted(found_suites(), key=position)]
    total: Counter = Counter()
    for suite in suites:
        total += run(suite)
    print(f"total: {total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
