"""Daily delivery: every row on the day after it was recorded, a ticket again when it has changed, and corrections."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from simulated import GB18030, HOME, simulate

from hotline.cli import cli
from hotline.simulate.allocation import Allocation
from hotline.simulate.lifecycle import live
from hotline.simulate.lives import CellCodes, Habits
from hotline.simulate.numbering import MonthPlan, NumberLine
from hotline.simulate.steps import ABSENT, AT
from hotline.simulate.timing import DAY, seconds
from hotline.simulate.units import Units
from hotline.simulate.versions import ticket_versions

pytestmark = pytest.mark.slow

FEEDS = ("tickets", "ticket_events", "callbacks")
Delivered = list[tuple[date, dict[str, str]]]
CLASS = ("业务类型", "业务领域", "问题类别", "问题子类")


def delivered(var: Path) -> dict[str, Delivered]:
    """Rows of each feed with the day of delivery, in the order in which they came."""
    found: dict[str, Delivered] = {feed: [] for feed in FEEDS}
    for path in sorted((var / "landing").glob("*/*/*.csv"), key=lambda p: (p.parent.name, p)):
        feed = path.name.split("-")[0]
        if feed in found:
            encoding = "gb18030" if path.parent.parent.name in GB18030 else "utf-8-sig"
            with path.open(encoding=encoding, newline="") as file:
                found[feed] += [(date.fromisoformat(path.parent.name), row) for row in csv.DictReader(file)]
    return found


def key(row: dict[str, str]) -> str:
    return row.get("回访编号") or row["工单编号"] + row.get("流转序号", "")


def newest(rows: Delivered) -> dict[str, str]:
    """The last version of every row that was not deleted."""
    last = {key(row): row for _, row in rows}
    return {k: ",".join(row.values()) for k, row in last.items() if row["记录状态"] != "作废"}


def happened(row: dict[str, str]) -> str:
    return row.get("操作时间") or row.get("回访时间") or row["受理时间"]


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Delivered]:
    var = tmp_path_factory.mktemp("monthly")
    simulate(var, months=["2024-09"], scale=0.02)
    return delivered(var)


@pytest.fixture(scope="module")
def daily_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    var = tmp_path_factory.mktemp("daily")
    simulate(var, months=["2024-09"], scale=0.02, delivery="daily")
    return var


@pytest.fixture(scope="module")
def daily(daily_folder: Path) -> dict[str, Delivered]:
    return delivered(daily_folder)


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Delivered]:
    var = tmp_path_factory.mktemp("corrected")
    simulate(var, months=["2024-09"], scale=0.02, delivery="daily", corrections=True)
    return delivered(var)


# ---- day by day -------------------------------------------------------------------------------------
def test_the_days_together_bring_what_the_month_brings(
    monthly: dict[str, Delivered], daily: dict[str, Delivered]
) -> None:
    for feed in FEEDS:
        assert newest(daily[feed]) == newest(monthly[feed]), feed
    assert len(daily["tickets"]) > len(monthly["tickets"])
    for feed in ("ticket_events", "callbacks"):
        assert len(daily[feed]) == len(monthly[feed])


def test_every_platform_delivers_its_three_files_on_every_day(daily_folder: Path) -> None:
    for day in range(30):
        name = f"{date(2024, 9, 2) + timedelta(days=day)}"
        files = Counter(path.name.split("-")[0] for path in (daily_folder / "landing").glob(f"*/{name}/*.csv"))
        assert {feed: files[feed] for feed in FEEDS} == dict.fromkeys(FEEDS, 15), name


def test_a_row_comes_on_the_day_after_it_was_recorded(daily: dict[str, Delivered]) -> None:
    """A back-dated ticket is recorded on the day of its number."""
    for feed in FEEDS:
        first = {key(row): (day, row) for day, row in reversed(daily[feed])}
        for day, row in first.values():
            recorded = happened(row)[:10]
            if feed != "callbacks":
                number = row["工单编号"][8:16]
                recorded = max(recorded, f"{number[:4]}-{number[4:6]}-{number[6:]}")
            assert date.fromisoformat(recorded) + timedelta(days=1) == day, row


def test_a_ticket_comes_again_on_every_day_after_one_of_its_events(daily: dict[str, Delivered]) -> None:
    versions, changes = {}, {}
    for day, row in daily["tickets"]:
        versions.setdefault(row["工单编号"], []).append(day)
    for day, row in daily["ticket_events"]:
        changes.setdefault(row["工单编号"], set()).add(day)
    assert versions == {ticket: sorted(days) for ticket, days in changes.items()}
    assert Counter(map(len, versions.values()))[3] > 0


def test_a_version_shows_the_ticket_as_its_events_so_far_left_it(daily: dict[str, Delivered]) -> None:
    events: dict[str, Delivered] = {}
    for day, row in daily["ticket_events"]:
        events.setdefault(row["工单编号"], []).append((day, row))
    seen = Counter()
    for day, row in daily["tickets"]:
        so_far = sorted(  # a file may tell them in any order
            (event for at, event in events[row["工单编号"]] if at <= day), key=lambda event: int(event["流转序号"])
        )
        types = [event["流转环节"] for event in so_far]
        ratings = [event["环节结果"] for event in so_far if event["流转环节"] == "评价"]
        closed = "办结" in types and "重办" not in types[len(types) - types[::-1].index("办结") :]
        assert bool(row["办结意见"]) == bool(row["解决情况"]) == closed, (day, row["工单编号"])
        if ratings:
            assert row["满意度评价"] == ratings[-1]
        elif not closed:
            assert row["满意度评价"] == ""
        if "签收" in types and not closed and types[-1] in ("签收", "先行联系", "办理"):
            units = [event["操作单位"] for event in so_far if event["流转环节"] == "签收"]
            assert row["承办单位"] == units[-1]
            seen["in hand"] += 1
        seen[closed] += 1
    assert min(seen.values()) > 20


def test_a_version_shows_the_due_time_before_an_extension_until_it_is_granted() -> None:
    allocation = Allocation.from_reference(HOME / "reference", 12328)
    plan = MonthPlan(NumberLine(allocation), 2024, 9, 0.5, 12328)
    codes, units = CellCodes.of(plan, allocation.platforms), Units(allocation.platform_names)
    habits, deadline = Habits.from_allocation(allocation, allocation.platforms), seconds(date(2024, 10, 8))
    lives = live(next(plan.blocks()), codes, habits, units, deadline, np.random.default_rng(1))
    granted = lives.times[:, AT["extension"]]
    day = dict(zip(lives.rows[granted != ABSENT], granted[granted != ABSENT] // DAY, strict=True))
    seen = Counter()
    versions = ticket_versions(lives)
    for ticket, at, shown in zip(versions.ticket, versions.day, versions.due, strict=True):
        before = ticket in day and at < day[ticket]
        assert shown == (lives.first_due if before else lives.due)[ticket]
        seen[before] += ticket in day
    assert len(day) > 10
    assert min(seen.values()) >= len(day)


# ---- corrections ------------------------------------------------------------------------------------
def test_corrections_leave_what_holds_in_the_end(
    monthly: dict[str, Delivered], corrected: dict[str, Delivered]
) -> None:
    for feed in FEEDS:
        assert newest(corrected[feed]) == newest(monthly[feed]), feed


def mistakes(rows: Delivered) -> Counter:
    """How many late, corrected, repeated and deleted rows a feed has."""
    found = Counter()
    versions: dict[str, Delivered] = {}
    for day, row in rows:
        versions.setdefault(key(row), []).append((day, row))
    for listed in versions.values():
        (first_day, first), (_, last) = listed[0], listed[-1]
        number = first["工单编号"][8:16]
        recorded = max(happened(first)[:10], f"{number[:4]}-{number[4:6]}-{number[6:]}")
        found["late"] += first_day > date.fromisoformat(recorded) + timedelta(days=1)
        found["deleted"] += last["记录状态"] == "作废"
        same = Counter(tuple(row.values()) for _, row in listed)
        found["repeated"] += any(count > 1 for count in same.values())
        for name in ("业务类型", "问题类别"):
            found[name] += first.get(name) != last.get(name)
        texts = [row["办结意见"] for _, row in listed if row.get("办结意见")]
        found["办结意见"] += len(set(texts)) > 1
        found["操作时间"] += "操作时间" in first and first["操作时间"] != last["操作时间"]
        found["通话时长"] += first.get("通话时长（秒）") != last.get("通话时长（秒）")
    return found


def test_every_feed_has_rows_that_are_late_corrected_repeated_and_deleted(
    daily: dict[str, Delivered], corrected: dict[str, Delivered]
) -> None:
    wanted = {
        "tickets": ("late", "deleted", "repeated", "业务类型", "问题类别", "办结意见"),
        "ticket_events": ("late", "deleted", "repeated", "操作时间"),
        "callbacks": ("late", "deleted", "repeated", "通话时长"),
    }
    for feed, kinds in wanted.items():
        added = mistakes(corrected[feed]) - mistakes(daily[feed])
        rows = len(newest(corrected[feed]))
        for kind in kinds:
            assert 0 < added[kind] < max(3, 0.03 * rows), (feed, kind)


def test_without_the_option_nothing_is_corrected(daily: dict[str, Delivered]) -> None:
    for feed in FEEDS:
        found = mistakes(daily[feed])
        assert (found["late"], found["deleted"]) == (0, 0), feed
        assert not found["repeated"] or feed == "tickets"  # archiving changes a ticket, but nothing that it shows
        assert all(row["记录状态"] != "作废" for _, row in daily[feed])


def test_what_is_deleted_was_one_too_many_and_its_number_is_nobody_elses(corrected: dict[str, Delivered]) -> None:
    deleted = {row["工单编号"] for _, row in corrected["tickets"] if row["记录状态"] == "作废"}
    kept = newest(corrected["tickets"])
    assert deleted
    assert not deleted & set(kept)
    first = {row["工单编号"]: row for _, row in reversed(corrected["tickets"])}
    by_time = sorted((row["受理时间"], number[-8:], number) for number, row in first.items() if number[2:8] == "210000")
    for number in deleted:
        assert f"{number[:-8]}{int(number[-8:]) - 1:08d}" in kept  # the ticket that was registered twice
    operators = [tail for _, tail, _ in by_time]
    assert operators == sorted(operators)  # the mistakes bear numbers in the order of acceptance
    events = {row["工单编号"] for row in map(lambda item: item[1], corrected["ticket_events"])}
    left = {k[:24] for k in newest(corrected["ticket_events"])}
    assert deleted <= events
    assert not deleted & left


def test_a_hundredth_of_a_month_still_has_every_kind_of_mistake(tmp_path: Path) -> None:
    simulate(tmp_path, months=["2024-08", "2024-09"], scale=0.01, delivery="daily", corrections=True)
    rows = delivered(tmp_path)
    for month in ("2024-08", "2024-09"):
        for feed in FEEDS:
            found = mistakes([(day, row) for day, row in rows[feed] if happened(row)[:7] == month])
            assert min(found[kind] for kind in ("late", "deleted", "repeated")) > 0, (month, feed)


def test_a_months_files_can_be_corrected_too(tmp_path: Path, monthly: dict[str, Delivered]) -> None:
    simulate(tmp_path, months=["2024-09"], scale=0.02, corrections=True)
    rows = delivered(tmp_path)
    for feed in FEEDS:
        assert newest(rows[feed]) == newest(monthly[feed]), feed
        assert mistakes(rows[feed])["deleted"] > 0, feed


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], False),
        (["--delivery", "daily"], True),
        (["--delivery", "daily", "--no-corrections"], False),
        (["--corrections"], True),
    ],
)
def test_corrections_come_with_daily_delivery_unless_asked_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], expected: bool
) -> None:
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    result = CliRunner().invoke(cli, ["simulate", "--months", "2024-09", "--scale", "0.003", *options])
    assert result.exit_code == 0, result.output
    deleted = [row for feed in delivered(tmp_path).values() for _, row in feed if row["记录状态"] == "作废"]
    assert bool(deleted) is expected
