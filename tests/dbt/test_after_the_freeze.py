"""What becomes of the tickets of a frozen list afterwards, by the warehouse's own clock: a sender dates his file as he likes."""

from __future__ import annotations

import os
import shutil
import time
from datetime import date, datetime, timedelta

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.audit import freeze, rounds
from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

PLATFORM = "210100"
OPEN = {"满意度评价": "", "解决情况": "", "办结意见": ""}
LISTED = {
    "called": {}, "dated_back": {}, "voided": {}, "rated": {}, "asked": {}, "again": {}, "untouched": {},
    "open": OPEN, "open_voided": OPEN, "open_called": OPEN,
}  # fmt: skip
AFTERWARDS = {
    "dated_back": {"诉求人电话": "13900000001"}, "voided": {"记录状态": "作废"}, "rated": {"满意度评价": "不满意"},
    "asked": {"诉求内容": "来电询问线路。"}, "again": {}, "open": {"办结意见": "已退费。"}, "open_voided": OPEN | {"记录状态": "作废"},
    "open_called": OPEN | {"诉求人电话": "13900000002"},
}  # fmt: skip
"""Sent after the freeze under an old day with an old time of modification."""
CHANGED = {"called", "dated_back", "voided", "rated", "asked", "open_voided", "open_called"}


def number(name: str) -> str:
    return f"JT{PLATFORM}20241005{list(LISTED).index(name):08d}"


def table(changes: dict[str, dict]) -> str:
    told = {"平台编码": PLATFORM, "受理时间": "2024-10-05 08:00:00", "应办结时间": ""}
    return ticket_table(*({**told, "工单编号": number(name), **LISTED[name], **row} for name, row in changes.items()))


def dated(delivery, day: date) -> None:
    moment = datetime.combine(day, datetime.min.time()).timestamp()
    os.utime(delivery.path, (moment, moment))


def ingest() -> None:
    taken = CliRunner().invoke(cli, ["ingest", "--json"])
    assert taken.exit_code == 0 and '"rejected": []' in taken.output, taken.output


def build(project, settings: Settings, *select: str) -> None:
    project.run(settings.var.resolve(), "run", "--select", *select)
    settings.published_database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings.build_database, settings.published_database)


def frozen(settings: Settings, name: str):
    """A round as it would be frozen now, and its lists."""
    now = rounds.now()
    return freeze.prepared(
        settings, name, lambda counts: dict.fromkeys(counts, 5), now + timedelta(days=1), "双人掷骰", now
    )


@pytest.fixture(scope="module")
def signs(project, blank, tmp_path_factory):
    """Rows of the signature by the names of the tickets, what the warehouse has as tickets, and the lists of two later rounds."""
    var = tmp_path_factory.mktemp("freeze") / "var"
    blank(var)
    with project.at(var):
        settings = Settings.from_environment()
        dated(deliver(settings, table(LISTED), day=date(2024, 10, 6)), date(2024, 10, 6))
        ingest()
        build(project, settings, "+fct_ticket", "+fct_reported_indicator")
        freeze.freeze(settings, *frozen(settings, "2024-10"))
        time.sleep(1.1)  # the ledger counts in seconds
        late = deliver(settings, table({"called": {"诉求人电话": "13900000000"}}), day=date(2024, 10, 7))
        assert datetime.now() - datetime.fromtimestamp(late.path.stat().st_mtime) < timedelta(minutes=5)
        dated(deliver(settings, table(AFTERWARDS), day=date(2024, 10, 8)), date(2024, 10, 8))
        ingest()
        build(project, settings, "+int_signature_changed_after_freeze", "+fct_reported_indicator")
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            found = connection.execute("from intermediate.int_signature_changed_after_freeze").df().to_dict("records")
            tickets = connection.execute("select ticket_no from marts.fct_ticket").fetchall()
        _, lists = frozen(settings, "2024-10-2")
        _, of_the_week = frozen(settings, "2024-W40")
    names = {number(name): name for name in LISTED}
    listed = [{names[no] for no in numbers} for numbers in (*lists.values(), *of_the_week.values())]
    return {names[row["ticket_no"]]: row for row in found}, {names[no] for (no,) in tickets}, listed


def test_what_was_changed_after_the_freeze_is_found_whatever_its_file_says(signs):
    assert {name for name, row in signs[0].items() if row["is_hit"]} == CHANGED


def test_a_voided_ticket_stays_among_those_that_were_listed(signs):
    rows, tickets, _ = signs
    assert rows.keys() == LISTED.keys() and LISTED.keys() - tickets == {"voided", "open_voided"}
    for row in rows.values():
        assert (row["platform_code"], row["month"].date()) == (PLATFORM, date(2024, 10, 1))


def test_a_voided_ticket_is_on_the_next_list_too(signs):
    """Of the month once more, and of a week of it."""
    assert signs[2] == [LISTED.keys(), LISTED.keys()]
