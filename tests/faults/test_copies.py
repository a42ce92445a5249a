"""The same bytes under several names of a day: one delivery, and an answer to each path, the same in any order."""

import gzip
import io
import json
import random
import zipfile

import pytest
import xlsxwriter
from ticket_files import GOOD, HEADER, deliver, raw_rows, ticket_rows, ticket_table

from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.ingest.check import Checker
from hotline.ingest.landing import find_deliveries
from hotline.ingest.load import Loader
from hotline.settings import Settings

NAMES = ("tickets-a.csv", "tickets-b.csv", "tickets.csv")


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def tickets() -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        for number, row in enumerate([HEADER, *ticket_rows({})]):
            page.write_row(number, 0, row)
    return target.getvalue()


def packed() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv"), ticket_table({}))
    return target.getvalue()


def answers(settings, order: int = 0) -> dict[str, str]:
    """What the ledger says of each path after a run that takes the files in some order."""
    found = list(find_deliveries(settings.landing, list(load_contracts())))
    random.Random(order).shuffle(found)  # noqa: S311 -- the same order on every run
    loader = Loader(settings)
    for delivery in found:
        loader.load(delivery)
    return {e["path"].split("/")[-1]: next(iter(e["reasons"]), e["status"]) for e in ledger.read(settings.ledger)}


@pytest.mark.parametrize("order", range(4))
def test_each_copy_is_answered_and_the_first_by_name_is_taken(settings, order):
    for name in NAMES:
        deliver(settings, ticket_table({}), name)
    deliver(settings, ticket_table({}).replace("已退费", "未退费"), "tickets-0.csv")  # as long, and another
    expected = {"tickets-0.csv": "loaded", "tickets-a.csv": "loaded"} | dict.fromkeys(NAMES[1:], "file:copy")
    assert answers(settings, order) == expected == answers(settings, order + 1), "asked again, the same answers"
    assert len(raw_rows(settings, "ticket_no")) == 2
    checker = Checker(settings, None, None, None)
    said = {each.file_name: checker.check(each).entry for each in checker.deliveries(settings.landing)}
    assert {name: next(iter(entry.reasons), entry.status) for name, entry in said.items()} == expected


@pytest.mark.parametrize("order", range(3))
def test_of_copies_the_one_that_its_check_file_refuses_is_not_the_one_taken(settings, order):
    for name in NAMES[:2]:
        deliver(settings, ticket_table({}), name)
    (settings.landing / "210100" / "2024-09-14" / "tickets-a.csv.check").write_text(
        json.dumps({"rows": 1, "sha256": "0" * 64})
    )
    assert answers(settings, order) == {"tickets-a.csv": "file:copy", "tickets-b.csv": "loaded"}


def test_the_same_bytes_on_another_day_or_of_another_feed_are_no_copy(settings):
    deliver(settings, ticket_table({}))
    deliver(settings, ticket_table({}), "callbacks.csv")
    assert answers(settings) == {"tickets.csv": "loaded", "callbacks.csv": "file:header_missing"}


@pytest.mark.parametrize("order", range(2))
@pytest.mark.parametrize(
    ("wrong", "right", "refused"),
    [
        ("tickets.csv", "tickets.xlsx", "file:copy"), ("tickets.csv", "tickets.csv.gz", "file:copy"),
        ("tickets.csv", "tickets.ndjson", "file:copy"), ("tickets.et", "tickets.txt", "file:copy"),
        ("tickets.csv", "tickets.zip", "file:copy"), ("tickets.a.xlsx", "tickets.zip", "file:copy"),
        ("tickets.et", "tickets.pdf", "file:format"),
    ],
)  # fmt: skip
def test_of_copies_the_one_with_the_right_suffix_is_taken_whatever_stands_beside_it(
    settings, wrong, right, refused, order
):
    """Who was told to give a file its right suffix left the wrong one; its rows once never came."""
    content = {"xlsx": tickets, "gz": lambda: gzip.compress(ticket_table({}).encode(), mtime=0), "zip": packed,
               "ndjson": lambda: json.dumps(GOOD).encode() + b"\n"}.get(right.split(".")[-1], lambda: ticket_table({}))  # fmt: skip
    same = content()
    for name in (wrong, right):
        deliver(settings, same, name)
    found = answers(settings, order)
    expected = {wrong: refused, right: "loaded"} if refused == "file:copy" else {wrong: refused, right: "file:copy"}
    assert found == expected == answers(settings, order + 1)
