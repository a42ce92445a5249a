"""Files into the raw layer: every row is loaded or quarantined with its reason, and nothing personal gets through."""

import gzip
import hashlib
import hmac
import json
from datetime import datetime

import duckdb
import pytest
import xlsxwriter
from ticket_files import HEADER, ID_CARD, NAME, PHONE, deliver, quarantined, raw_rows, ticket_rows, ticket_table

from hotline.contracts import load_contracts
from hotline.contracts.documents import write_template
from hotline.ingest import ledger
from hotline.ingest.landing import find_deliveries
from hotline.ingest.load import Loader
from hotline.settings import Settings

KEY = "ab" * 32


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("HOTLINE_HASH_KEY", KEY)
    return Settings.from_environment()


def test_a_good_file_is_loaded_whole(settings):
    entry, is_new = Loader(settings).load(deliver(settings, ticket_table({}, {"业务类型": "咨询", "满意度评价": ""})))
    assert is_new
    assert (entry.status, entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == ("loaded", 2, 2, 0)
    assert raw_rows(settings, "ticket_no, business_type, domain, channel, rating, accepted_at::varchar, platform, dt") == [
        ("JT2101002024091251000000", "complaint", "urban_passenger", "line_12328", "satisfied",
         "2024-09-12 08:05:00", "210100", "2024-09-14"),
        ("JT2101002024091251000001", "consultation", "urban_passenger", "line_12328", None,
         "2024-09-12 08:05:00", "210100", "2024-09-14"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"工单编号": "JT2101"}, "ticket_no:pattern"),
        ({"工单编号": ""}, "ticket_no:required"),
        ({"平台编码": "大连市"}, "platform_code:sender"),
        ({"平台编码": "北京市"}, "platform_code:code"),
        ({"业务类型": "闲聊"}, "business_type:code"),
        ({"受理时间": "昨天"}, "accepted_at:type"),
        ({"受理时间": "2024-02-30 08:00:00"}, "accepted_at:type"),
        ({"问题类别": " 　"}, "category:required"),
        ({"受理时间": "2024-09-15 00:00:00"}, "accepted_at:future"),
    ],
)
def test_a_broken_rule_sends_its_row_to_quarantine_and_the_others_go_on(settings, changes, reason):
    entry, _ = Loader(settings).load(deliver(settings, ticket_table({}, changes, {})))
    assert (entry.status, entry.rows_in, entry.rows_loaded) == ("partial", 3, 2)
    assert entry.reasons == {reason: 1}
    assert quarantined(settings) == [(3, [reason])]  # the header is line 1


def test_rows_of_the_wrong_shape_are_named_by_their_line(settings):
    lines = ticket_table({}, {}, {}, {}, {}).splitlines()
    lines[2] = lines[2][:30]
    lines[4] += ",surplus"
    entry, _ = Loader(settings).load(deliver(settings, "\n".join(lines) + "\n"))
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (5, 3, 2)
    assert quarantined(settings) == [(3, ["row:missing_columns"]), (5, ["row:too_many_columns"])]
    assert [number for (number,) in raw_rows(settings, "_row_number")] == [2, 4, 6]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_encodings_and_delimiters_give_the_same_rows(settings, encoding, delimiter):
    entry, _ = Loader(settings).load(deliver(settings, ticket_table({}, delimiter=delimiter).encode(encoding)))
    assert entry.encoding == {"utf-8-sig": "utf-8-bom"}.get(encoding, encoding)
    assert entry.delimiter == delimiter
    assert raw_rows(settings, "category, handling_unit") == [("巡游出租汽车", "沈阳市交通运输综合行政执法队")]


def test_forms_of_writing_are_understood(settings):
    changes = {
        "平台编码": "沈　阳",
        "业务类型": "投诉",
        "受理时间": "２０２４年９月１２日 ８:05",
        "应办结时间": "2024/9/19 17:30",
    }
    Loader(settings).load(deliver(settings, ticket_table(changes)))
    assert raw_rows(settings, "platform_code, accepted_at::varchar, due_at::varchar") == [
        ("210100", "2024-09-12 08:05:00", "2024-09-19 17:30:00")
    ]


def test_quoted_line_breaks_stay_one_record(settings):
    entry, _ = Loader(settings).load(deliver(settings, ticket_table({"办结意见": "已联系。\n已退费。"}, {})))
    assert (entry.rows_in, entry.rows_loaded) == (2, 2)
    assert raw_rows(settings, "closing_text")[0] == ("已联系。\n已退费。",)
    assert any("line breaks" in warning for warning in entry.warnings)


def test_undecodable_bytes_cost_their_row_only(settings):
    content = ticket_table({}, {}).encode("gb18030")
    broken = content.replace("计价议价".encode("gb18030"), b"\xff\xff\xff", 1)
    entry, _ = Loader(settings).load(deliver(settings, broken))
    assert (entry.rows_in, entry.rows_loaded) == (2, 1)
    assert quarantined(settings) == [(2, ["subcategory:undecodable"])]


@pytest.mark.parametrize(
    ("name", "sender", "content", "message"),
    [
        ("tickets.csv", "999999", ticket_table({}), "999999 is not a known sender"),
        ("weather.csv", "210100", ticket_table({}), "no feed has this name"),
        ("spot_checks.csv", "210100", ticket_table({}), "delivered by province"),
        ("tickets.csv", "210100", "", "the file is empty"),
        ("tickets.csv", "210100", "a,b\n1,2\n", "no row has the headers"),
        (
            "tickets.csv",
            "210100",
            ticket_table({}, header=HEADER[: HEADER.index("受理时间")]),
            "required column 受理时间 is missing",
        ),
        ("tickets.csv.gz", "210100", b"\x1f\x8bnot gzip", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_taken_is_recorded_and_no_row_is_lost(settings, name, sender, content, message):
    entry, _ = Loader(settings).load(deliver(settings, content, name, sender))
    assert entry.status == "rejected"
    assert message in entry.message
    assert "remedy: " in entry.message
    assert entry.rows_in == entry.rows_quarantined
    (recorded,) = ledger.read(settings.ledger)
    assert recorded["message"] == entry.message


def test_a_truncated_file_is_caught_by_its_check_file(settings):
    whole = ticket_table({}, {}, {}).encode()
    delivery = deliver(settings, whole[: len(whole) // 2])
    check = {"rows": 3, "sha256": hashlib.sha256(whole).hexdigest()}
    delivery.path.with_name("tickets.csv.check").write_text(json.dumps(check))
    entry, _ = Loader(settings).load(delivery)
    assert entry.status == "rejected"
    assert "of 3 rows arrived" in entry.message
    assert not settings.raw.exists()


def test_a_truncated_file_without_check_file_loses_only_the_torn_row(settings):
    whole = ticket_table({}, {}, {}).encode()
    entry, _ = Loader(settings).load(deliver(settings, whole[:-60]))
    assert (entry.rows_in, entry.rows_loaded) == (3, 2)
    assert any("truncated" in warning for warning in entry.warnings)


def test_the_same_bytes_again_change_nothing(settings):
    delivery = deliver(settings, ticket_table({}, {"业务类型": "闲聊"}))
    first, _ = Loader(settings).load(delivery)
    before = {path: path.stat().st_mtime_ns for path in settings.var.rglob("*.json")}
    again, is_new = Loader(settings).load(delivery)
    assert not is_new
    assert again.rows_loaded == first.rows_loaded == 1
    assert {path: path.stat().st_mtime_ns for path in settings.var.rglob("*.json")} == before


def test_files_still_being_written_are_left_alone(settings):
    for name in (".tickets.csv", "tickets.csv.tmp", "tickets.csv.part", "tickets.csv"):
        deliver(settings, ticket_table({}), name)
    found = find_deliveries(settings.landing, ["tickets"])
    assert [delivery.path.name for delivery in found] == ["tickets.csv"]


def test_no_personal_data_passes_the_boundary(settings):
    rows = ({}, {"业务类型": "闲聊"}, {"工单编号": "x"})
    content = ticket_table(*rows) + f"JT,210100,{NAME},{PHONE}\n"
    Loader(settings).load(deliver(settings, content))
    kept = []
    for layer in (settings.raw, settings.quarantine):
        for path in layer.rglob("*.parquet"):
            kept += [str(row) for row in duckdb.sql(f"from read_parquet('{path}')").fetchall()]
    kept += [path.read_text(encoding="utf-8") for path in settings.ledger.rglob("*.json")]
    assert any("反映多收5元" in text for text in kept), "the texts themselves must be kept"
    for secret in (PHONE, ID_CARD, NAME, "23456789"):
        assert not [text for text in kept if secret in text], secret


def test_the_caller_key_is_an_hmac_of_the_number_alone(settings):
    Loader(settings).load(deliver(settings, ticket_table({}, {"诉求人电话": "+86 139-1234-5678"}, {"诉求人电话": ""})))
    expected = hmac.new(bytes.fromhex(KEY), f"phone:{PHONE}".encode(), hashlib.sha256).hexdigest()[:32]
    assert raw_rows(settings, "caller_key") == [(expected,), (expected,), (None,)]


def workbook(path, rows, title=None):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        sheet = book.add_worksheet()
        top = 0
        if title:
            sheet.merge_range(0, 0, 0, len(HEADER) - 1, title)
            top = 1
        sheet.write_row(top, 0, HEADER)
        for index, row in enumerate(rows, start=top + 1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(index, column, value)
                else:
                    sheet.write(index, column, value)
    return path.read_bytes()


def test_excel_with_a_title_dates_and_serials(settings, tmp_path):
    first, second, third = ticket_rows({}, {}, {"业务类型": "闲聊"})
    at = {name: index for index, name in enumerate(HEADER)}
    first[at["受理时间"]] = datetime(2024, 9, 12, 8, 5)  # a date cell
    second[at["受理时间"]] = 45547.336805555555  # the serial of the same moment, in a cell of format General
    second[at["诉求人电话"]] = int(PHONE)
    content = workbook(tmp_path / "book.xlsx", [first, second, third], title="沈阳市9月工单明细")
    entry, _ = Loader(settings).load(deliver(settings, content, "tickets.xlsx"))
    assert (entry.encoding, entry.rows_in, entry.rows_loaded) == ("excel", 3, 2)
    rows = raw_rows(settings, "accepted_at::varchar, caller_key, _row_number")
    assert [row[0] for row in rows] == ["2024-09-12 08:05:00"] * 2
    assert rows[0][1] == rows[1][1], "a number cell is the same telephone number"
    assert [row[2] for row in rows] == [3, 4], "rows of the sheet, counted from 1"
    assert quarantined(settings) == [(5, ["business_type:code"])]


def test_a_header_below_a_title_in_csv(settings):
    entry, _ = Loader(settings).load(deliver(settings, "沈阳市9月工单明细\n" + ticket_table({}, {"业务类型": "闲聊"})))
    assert (entry.rows_in, entry.rows_loaded) == (2, 1)
    assert quarantined(settings) == [(4, ["business_type:code"])]
    assert entry.warnings == ["the header stands in line 2; what is above it was left out"]


def test_ndjson_with_a_broken_line(settings):
    rows = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in ticket_rows({}, {}, {})]
    rows[1] = rows[1][:40]
    entry, _ = Loader(settings).load(deliver(settings, "\n".join(rows) + "\n", "tickets.ndjson"))
    assert (entry.rows_in, entry.rows_loaded) == (3, 2)
    assert [number for (number,) in raw_rows(settings, "_row_number")] == [1, 3]
    ((line, reasons),) = quarantined(settings)
    assert line == 2
    assert "row:invalid_json" in reasons


def test_gzip(settings):
    entry, _ = Loader(settings).load(deliver(settings, gzip.compress(ticket_table({}).encode()), "tickets.csv.gz"))
    assert entry.status == "loaded"


def test_a_bomb_is_refused_before_it_unpacks(settings, monkeypatch):
    monkeypatch.setenv("HOTLINE_MAX_FILE_BYTES", "1000000")
    bomb = gzip.compress(ticket_table({}).encode() + b"x" * 50_000_000)
    entry, _ = Loader(settings).load(deliver(settings, bomb, "tickets.csv.gz"))
    assert entry.status == "rejected"
    assert "larger than 1,000,000 bytes" in entry.message


@pytest.mark.parametrize("feed", load_contracts())
def test_a_filled_in_template_is_accepted(settings, tmp_path, feed):
    contract = load_contracts()[feed]
    write_template(contract, tmp_path / "template.xlsx")
    empty = (tmp_path / "template.xlsx").read_bytes()
    sender = "LN" if contract.delivered_by == "province" else "210100"
    entry, _ = Loader(settings).load(deliver(settings, empty, f"{feed}.xlsx", sender))
    assert (entry.status, entry.rows_in, entry.warnings) == ("loaded", 0, [])


def test_unknown_and_missing_optional_columns_are_warnings(settings):
    header = [name if name != "问题子类" else "子类备注" for name in HEADER]
    lines = ticket_table({}).splitlines()
    content = "\n".join([",".join(header), *lines[1:]]) + "\n"
    entry, _ = Loader(settings).load(deliver(settings, content))
    assert entry.status == "loaded"
    assert entry.warnings == ["columns not in the contract, left out: 子类备注", "optional columns missing: 问题子类"]


def test_an_empty_day_is_a_header_alone(settings):
    entry, _ = Loader(settings).load(deliver(settings, ticket_table()))
    assert (entry.status, entry.rows_in) == ("loaded", 0)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_line_ends_of_every_system_give_the_same_rows(settings, end, encoding):
    content = ticket_table({}, {"业务类型": "闲聊"}, {"办结意见": "已联系。\n已退费。"}).replace("\n", end)
    entry, _ = Loader(settings).load(deliver(settings, content.encode(encoding)))
    assert (entry.rows_in, entry.rows_loaded) == (3, 2)
    assert raw_rows(settings, "closing_text")[1] == ("已联系。\n已退费。",)


def test_lines_that_a_torn_quotation_mark_swallows_are_counted(settings):
    lines = ticket_table({}, {}, {}, {}).splitlines()
    lines[2] = lines[2].replace(",已退费。", ',"已退费。', 1)
    entry, _ = Loader(settings).load(deliver(settings, "\n".join(lines) + "\n"))
    assert entry.rows_in >= 4
    assert entry.rows_in == entry.rows_loaded + entry.rows_quarantined
    assert entry.rows_loaded < 4
