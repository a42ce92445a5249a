"""The benchmark of the detectors, small: two kinds and two seeds beside honest platforms through one real build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

HOME = Path(__file__).resolve().parents[2]
TRACED, TRACELESS = "rated_without_call", "pressed_caller"


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict:
    arguments = ["--seeds", "2", "--kinds", TRACED, TRACELESS, "--intensities", "20", "--honest", "11",
                 "--tickets", "200", "--calls", "60", "--json", "--work", tmp_path_factory.mktemp("detect") / "work"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, HOME / "bench" / "detect", *map(str, arguments)],
        env={name: value for name, value in os.environ.items() if name not in ("HOTLINE_HOME", "HOTLINE_VAR")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_what_leaves_a_trace_is_found_by_its_signature_and_by_the_report(found):
    power = {row["kind"]: row for row in found["power"]}
    by_signature = {(row["kind"], row["signature"]): row for row in found["signatures"]}
    assert by_signature[TRACED, TRACED]["found"] == by_signature[TRACED, TRACED]["of"] == 2
    assert power[TRACED]["b_by_signature"]["found"] == power[TRACED]["own_feed"]["found"] == 2


def test_what_leaves_none_is_met_by_calls_alone(found):
    power = {row["kind"]: row for row in found["power"]}
    assert power[TRACELESS]["b_by_signature"]["found"] == power[TRACELESS]["own_feed"]["found"] == 0
    assert power[TRACELESS]["met"]["found"] == power[TRACELESS]["by_count"]["found"] == 2


def test_every_signature_was_asked_about_every_honest_platform(found):
    alarms = {row["signature"]: row for row in found["false_alarms"]}
    assert len(alarms) >= 26
    assert {row["of"] for row in alarms.values() if row["type"] == "impossible"} == {0, 11}  # 0: waits for other feeds
    assert all(row["of"] <= 11 for row in alarms.values())  # a small month may hold no ticket that is eligible
    assert not any(row["found"] for row in alarms.values() if row["type"] == "impossible")
    assert alarms["other_number"]["share_of_eligible"] > 0.03, "honest noise is there"


def test_honest_platforms_are_not_named(found):
    grades = {row["kind"]: row for row in found["grades"]}
    assert sum(told["found"] for grade, told in grades["honest"].items() if grade != "kind") == 11
    assert not any(grades["honest"].get(grade, {"found": 0})["found"] for grade in ("A1", "A2"))
    assert {row["target"] for row in found["targets"]} >= {
        "honest platforms that signatures make B",
        "honest platforms named, A1 or A2",
    }
