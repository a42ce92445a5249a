"""Whatever lies under landing is in the ledger, taken or refused with what to do; nothing that is no file is opened."""

import gzip
import hashlib
import io
import json
import os
import socket
import time
import zipfile
from contextlib import chdir
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from ticket_files import HEADER, deliver, raw_rows, ticket_rows, ticket_table

from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.ingest.landing import find_deliveries
from hotline.ingest.load import Loader
from hotline.settings import Settings

DAY = date(2024, 9, 14)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def take_all(settings) -> dict[str, dict]:
    """Ledger entries by path after a run over everything."""
    loader = Loader(settings)
    for delivery in find_deliveries(settings.landing, list(load_contracts())):
        loader.load(delivery)
    return {entry["path"]: entry for entry in ledger.read(settings.ledger)}


def zipped(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return target.getvalue()


def test_every_path_under_landing_is_answered(settings):
    landing, day = settings.landing, settings.landing / "210100" / str(DAY)
    deliver(settings, ticket_table({}))
    other = ticket_table({"办结意见": "另一"}).encode()
    for place, content in {
        "readme.txt": b"x", "210100/tickets.csv": other, "210100/2024-9-2/tickets.csv": other,
        "210100/9999-12-31/tickets.csv": other, "210100/20240902/tickets.csv": other, "210100/2024-W36-1/tickets.csv": other,
        "210100/2024-09-14/sub/deeper/tickets.csv": other, "210100/2024-09-14/tickets.et": other,
        "210100/2024-09-14/tickets.ods": b"PK\x03\x04", "210100/2024-09-14/tickets.rar": b"Rar!",
        "210100/2024-09-14/weather.csv": other, "210100/2024-09-14/tickets.xlsx": b"PK\x03\x04 broken",
        "999999/2024-09-14/tickets.csv": other, "21'0100/2024-09-14/tickets.csv": other,
        "210100/2024-09-14/tickets-[1]*.csv": ticket_table({"办结意见": "其三"}).encode(),
        "210100/2024-09-14/tickets-lonely.csv.check": b"{}",
    }.items():  # fmt: skip
        path = landing / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    gbk = os.fsencode(day) + "/tickets-工单.csv".encode("gbk")
    Path(os.fsdecode(gbk)).write_bytes(ticket_table({"办结意见": "其二"}).encode())
    long = day / ("tickets-" + "x" * 240 + ".csv")
    long.write_bytes(ticket_table({"办结意见": "其四"}).encode())
    (landing / "210100" / "2024-13-01").mkdir()
    (day / "tickets-link.csv").symlink_to("/etc/passwd")
    (landing / "210100" / "linked-folder").symlink_to("/etc")
    os.mkfifo(day / "tickets-pipe.csv")
    with socket.socket(socket.AF_UNIX) as server, chdir(day):  # the address of a socket is short
        server.bind("tickets-socket.csv")
    old = day / "tickets-old.csv.tmp"
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    (day / "tickets-new.csv.tmp").write_bytes(b"x")

    entries = take_all(settings)
    rules = {path: next(iter(entry["reasons"]), entry["status"]) for path, entry in entries.items()}
    inside = f"210100/{DAY}"
    assert rules == {
        "readme.txt": "file:landing_root", "210100/tickets.csv": "file:no_day_folder", "210100/linked-folder": "file:link",
        "210100/2024-9-2/tickets.csv": "file:day_folder", "210100/9999-12-31/tickets.csv": "file:day_range",
        "210100/20240902/tickets.csv": "file:day_folder", "210100/2024-W36-1/tickets.csv": "file:day_folder",
        "210100/2024-13-01": "file:empty_folder", f"{inside}/sub/deeper/tickets.csv": "file:sub_folder",
        f"{inside}/tickets.et": "file:format", f"{inside}/tickets.ods": "file:format", f"{inside}/tickets.rar": "file:format",
        f"{inside}/weather.csv": "file:unknown_feed", f"{inside}/tickets.xlsx": "file:not_a_workbook",
        "999999/2024-09-14/tickets.csv": "file:unknown_sender", "21'0100/2024-09-14/tickets.csv": "file:unknown_sender",
        f"{inside}/tickets-lonely.csv.check": "file:check_without_file", f"{inside}/tickets-link.csv": "file:link",
        f"{inside}/tickets-pipe.csv": "file:device", f"{inside}/tickets-socket.csv": "file:device",
        f"{inside}/tickets-old.csv.tmp": "file:unfinished", f"{inside}/tickets.csv": "loaded",
        f"{inside}/tickets-[1]*.csv": "loaded", f"{inside}/tickets-工单.csv": "loaded", f"{inside}/{long.name}": "loaded",
    }  # fmt: skip
    assert all("remedy: " in entry["message"] and entry["message_zh"] for entry in entries.values() if entry["message"])
    assert len(raw_rows(settings, "ticket_no")) == 4
    assert take_all(settings) == entries, "asked again, the same answers, and none written anew"


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        ("tickets.csv", ticket_table({}).encode("utf-16"), ""),
        ("tickets.csv", ticket_table({}).encode("utf-16-be"), "assumed"),
        ("TICKETS.CSV.GZ", gzip.compress(ticket_table({}).encode()), ""),
        ("tickets.zip", zipped(tickets__csv=ticket_table({}).encode()), ""),
        ("tickets.ZIP", zipped(tickets__csv=ticket_table({}).encode("gb18030")), ""),
        ("tickets.xls", ticket_table({}, delimiter="\t").encode("gb18030"), "read as text"),
        (
            "tickets.xls",
            "<html><meta charset=utf-8><table><tr>{}</tr><tr>{}</tr></table></html>".format(
                "".join(f"<th>{name}</th>" for name in HEADER),
                "".join(f"<td>{text}&nbsp;</td>" for text in ticket_rows({})[0]),
            ).encode(),
            "read as html",
        ),
        (
            "tickets.json",
            (
                "[{" + ", ".join(f'"{k}": "{v}"' for k, v in zip(HEADER, ticket_rows({})[0], strict=True)) + "}]"
            ).encode(),
            "",
        ),
    ],
)
def test_what_can_be_read_without_guessing_is_read(settings, name, content, note):
    entry, _ = Loader(settings).load(deliver(settings, content, name))
    assert (entry.status, entry.rows_loaded) == ("loaded", 1), entry
    assert note in " ".join(entry.warnings)
    assert raw_rows(settings, "category") == [("巡游出租汽车",)]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("tickets.zip", zipped(a__csv=b"x", b__csv=b"x"), "members"),
        ("tickets.zip", zipped(), "members"),
        ("tickets.zip", zipped(a__exe=b"x"), "format"),
        ("tickets.zip", zipped(tickets__csv=b"a" * 40_000_000), "ratio"),
        ("tickets.csv.gz", gzip.compress(b"a" * 40_000_000), "ratio"),
        ("tickets.csv", zipped(x__xml=b"x"), "other_format"),
        ("tickets.csv", ticket_table({}).encode("utf-32"), "encoding"),
        ("tickets.json", b"[{", "not_json"),
        ("tickets.xlsx", zipped(x__xml=b"x"), "not_a_workbook"),
        ("tickets.csv", ('"' + ticket_table({})).encode(), "header_quotes"),
        ("tickets.csv", (",".join([*HEADER, *(f"x{i}" for i in range(2000))]) + "\n").encode(), "too_wide"),
    ],
)
def test_each_refusal_names_its_own_cause(settings, name, content, rule):
    entry, _ = Loader(settings).load(deliver(settings, content, name))
    assert entry.reasons == {f"file:{rule}": 1}, entry.message
    assert entry.rows_in is entry.rows_quarantined is None


def book(path, sheets, hidden=()):
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for index, row in enumerate(rows):
                sheet.write_row(index, 0, row)
            if name in hidden:
                sheet.hide()
        if hidden:
            next(sheet for sheet in workbook.worksheets() if sheet.name not in hidden).activate()
    return path.read_bytes()


def test_the_sheet_with_the_header_is_taken_and_a_hidden_one_never(settings, tmp_path):
    table, other = [HEADER, *ticket_rows({})], [["说明"], ["见工单"]]
    loader = Loader(settings)
    content = book(tmp_path / "a.xlsx", {"说明": other, "工单": table}, hidden=("说明",))
    assert loader.load(deliver(settings, content, "tickets-a.xlsx"))[0].rows_loaded == 1
    content = book(tmp_path / "b.xlsx", {"工单": table, "说明": other}, hidden=("工单",))
    assert loader.load(deliver(settings, content, "tickets-b.xlsx"))[0].reasons == {"file:hidden_sheet": 1}


def test_a_sheet_that_spans_more_than_memory_is_refused_before_it_is_read(settings, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "wide.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write(1_048_575, 16_383, "x")
    entry, _ = Loader(settings).load(deliver(settings, (tmp_path / "wide.xlsx").read_bytes(), "tickets.xlsx"))
    assert entry.reasons == {"file:too_many_cells": 1}


def test_an_error_value_of_excel_is_no_empty_cell(settings, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "error.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ticket_rows({})[0])
        sheet.write_formula(1, HEADER.index("事发区县"), "=1/0", None, "#DIV/0!")
    entry, _ = Loader(settings).load(deliver(settings, (tmp_path / "error.xlsx").read_bytes(), "tickets.xlsx"))
    assert entry.reasons == {"district:excel_error": 1}


def test_the_row_count_of_the_check_file_is_checked_and_capital_digits_are_accepted(settings):
    loader = Loader(settings)
    for rows, status in ((2, "loaded"), (3, "rejected")):
        delivery = deliver(settings, ticket_table({}, {"办结意见": str(rows)}), f"tickets-{rows}.csv")
        digest = hashlib.sha256(delivery.path.read_bytes()).hexdigest().upper()
        delivery.path.with_name(delivery.path.name + ".check").write_text(json.dumps({"rows": rows, "sha256": digest}))
        assert loader.load(delivery)[0].status == status


def test_one_grammar_for_header_and_body(settings):
    rows = ticket_table({}).splitlines()
    spaced = (
        ", ".join(f'"{name}"' for name in HEADER) + "\n" + ", ".join(f'"{text}"' for text in rows[1].split(",")) + "\n"
    )
    broken = rows[0].replace("问题类别", '"问题\n类别"') + "\n" + rows[1] + "\n"
    loader = Loader(settings)
    for name, content in (("tickets-a.csv", spaced), ("tickets-b.csv", broken)):
        entry, _ = loader.load(deliver(settings, content, name))
        assert (entry.rows_in, entry.rows_loaded) == (1, 1), (name, entry)


def test_a_torn_quotation_mark_never_swallows_records_in_silence(settings):
    rows = ticket_table({}, {}, {}, {}).splitlines()
    rows[1] = rows[1].replace(",已退费。", ',"已退费。', 1)
    rows[3] = rows[3].replace(",已退费。", ',已退费。"', 1)
    entry, _ = Loader(settings).load(deliver(settings, "\n".join(rows) + "\n"))
    assert entry.rows_loaded <= 1
    assert entry.rows_quarantined >= 1


def test_an_unexpected_failure_costs_its_file_only(settings, monkeypatch, caplog):
    from hotline.ingest import load

    good, bad = (
        deliver(settings, ticket_table({}), "tickets-b.csv"),
        deliver(settings, ticket_table({}, {}), "tickets-a.csv"),
    )
    whole = load.open_source

    def failing(name, *rest):
        if name == "tickets-a.csv":
            raise RuntimeError("nobody foresaw this")
        return whole(name, *rest)

    monkeypatch.setattr(load, "open_source", failing)
    loader = Loader(settings)
    assert loader.load(bad)[0].reasons == {"file:internal": 1}
    assert "nobody foresaw this" in caplog.text, "the trace is in the log"
    assert loader.load(good)[0].status == "loaded"
    monkeypatch.undo()
    monkeypatch.setenv("HOTLINE_VAR", str(settings.var))
    assert Loader(settings).load(bad)[0].status == "loaded", "judged again"


def test_a_row_that_is_in_no_count_is_noticed(settings, monkeypatch):
    delivery = deliver(settings, ticket_table({}, {"业务类型": "闲聊"}))
    monkeypatch.setattr(Loader, "_copy_bad", lambda *_: (0, {}))
    entry, _ = Loader(settings).load(delivery)
    assert entry.reasons == {"file:internal": 1}
    assert not list(settings.raw.rglob("*.parquet")), "nothing of it becomes visible"


@pytest.mark.parametrize("sender", ["210100", "210200"])
def test_only_the_owner_speaks_of_a_ticket(settings, sender):
    changes = {"平台编码": sender}
    entry, _ = Loader(settings).load(deliver(settings, ticket_table(changes), sender=sender))
    assert entry.reasons == ({} if sender == "210100" else {"ticket_no:sender": 1})


def test_a_handed_over_ticket_names_the_platform_whose_number_it_bears(settings):
    rows = ({"平台编码": "210200", "移交自平台": "沈阳"}, {"平台编码": "210200", "移交自平台": "鞍山"})
    entry, _ = Loader(settings).load(deliver(settings, ticket_table(*rows), sender="210200"))
    assert (entry.rows_loaded, entry.reasons) == (1, {"ticket_no:sender": 1})


@pytest.mark.parametrize("names_origin", [False, True])
def test_what_is_no_ticket_number_is_nobodys(settings, names_origin):
    """Its sender is told to mend the number, and not to have taken another platform's ticket."""
    rows = ({"工单编号": "单号999888", "移交自平台": "沈阳"}, {"工单编号": "JT21010020240912", "移交自平台": "沈阳"})
    header = HEADER if names_origin else HEADER[: HEADER.index("移交自平台")]
    content = ticket_table(*({"平台编码": "210200", **row} for row in rows), header=header)
    entry, _ = Loader(settings).load(deliver(settings, content, sender="210200"))
    assert entry.reasons == {"ticket_no:pattern": 2}


@pytest.mark.parametrize(("sender", "prefix", "is_own"), [("LNJT", "210000", True), ("LNJT", "210100", False),
                                                          ("210100", "210000", False), ("210200", "210100", False)])  # fmt: skip
@pytest.mark.parametrize("feed", ["tickets", "ticket_events", "callbacks"])
def test_a_number_is_its_platforms_as_the_row_of_the_register_says(settings, feed, sender, prefix, is_own):
    """In each feed that speaks of tickets; the operator has a prefix of its own that is no city's."""
    number = f"JT{prefix}2024091251871581"
    content = {
        "tickets": ticket_table({"工单编号": number, "平台编码": sender}),
        "ticket_events": f"ticket_no,event_seq,event_type,occurred_at\n{number},1,close,2024-09-13 08:00\n",
        "callbacks": f"callback_no,ticket_no,called_at,is_connected\nH1,{number},2024-09-13 08:00,是\n",
    }[feed]
    entry, _ = Loader(settings).load(deliver(settings, content, f"{feed}.csv", sender))
    assert (entry.rows_loaded, entry.reasons) == ((1, {}) if is_own else (0, {"ticket_no:sender": 1}))


@pytest.mark.parametrize("moment", [4e9, 1e13, -1e9])
def test_no_file_comes_later_than_now_whatever_time_it_bears(settings, moment):
    """One that did moved the day until which all is known, and made every other sender late."""
    path = settings.landing / "210100" / str(DAY) / "tickets.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(ticket_table({"办结意见": "其一"}).encode())
    os.utime(path, (moment, moment))
    (entry,) = take_all(settings).values()
    assert entry["status"] == "loaded"
    assert "1970-01-01" <= entry["delivered_at"] <= entry["ingested_at"]
