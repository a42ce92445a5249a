"""Further inputs of the kinds that once were passed over, answered in the wrong words or read as something else."""

import codecs
import csv
import gzip
import io
import json
import os
import zipfile
from datetime import date, datetime

import duckdb
import pytest
import xlsxwriter
from click.testing import CliRunner
from ticket_files import GOOD, HEADER, NAME, deliver, raw_rows, ticket_rows, ticket_table

from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.ingest.check import Checker, check
from hotline.ingest.landing import ANSWER_SUFFIX, find_deliveries
from hotline.ingest.load import Loader
from hotline.ingest.rules import FILE_RULES
from hotline.ingest.workbook import printed_number
from hotline.settings import Settings

CALL = {
    "回访编号": "HF1", "工单编号": GOOD["工单编号"], "回访时间": "2024-09-13 10:02:11", "回访号码": "13912345678",
    "通话时长（秒）": "73", "是否接通": "是",
}  # fmt: skip
CLAIMED = {"统计月份": "2024-08", "平台编码": "210100", "指标名称": "办结率", "指标值": "99.54"}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def workbook(rows: list[dict], options: dict | None = None, **formats: str) -> bytes:
    """A workbook with numbers and times as such; ``formats`` gives the number format of a column."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, options or {}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(rows[0]))
        for number, row in enumerate(rows, start=1):
            for column, (name, value) in enumerate(row.items()):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, column, value, book.add_format({"num_format": formats[name]}))
                else:
                    sheet.write(number, column, value, book.add_format({"num_format": formats.get(name, "General")}))
    return target.getvalue()


def lines(*rows: dict | str) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def table(*rows: dict) -> str:
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"


def counts(settings, content, name) -> tuple:
    entry, _ = Loader(settings).load(deliver(settings, content, name))
    return entry.rows_in, entry.rows_loaded, entry.reasons


def raw(settings, feed: str, column: str) -> list:
    return [value for (value,) in raw_rows(settings, column, feed)]


# numbers and times --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stored", "number_format", "printed"),
    [
        ("0.9954", "0.##%", "99.54"), ("0.9954", "#.00%", "99.54"), ("0.9954", "0.0#%", "99.54"), ("0.995", "0.##%", "99.5"),
        ("1", "0.##%", "100"), ("0.9954", "_ * 0.00%_ ", "99.54"), ("0.9954", "[$-804]0.00%", "99.54"),
        ("99.54", '0.00"分"', "99.54分"), ("99.54", "General", None), ("99.54", "0.00E+00", None),
    ],
)  # fmt: skip
def test_a_percentage_is_read_as_it_is_printed_whatever_its_format(stored, number_format, printed):
    assert printed_number(stored, number_format) == printed


@pytest.mark.parametrize("number_format", ["[<1]0.00%;0.00", "0.00,", "yyyy-mm-dd", "0!.00", '0.00"%"', "0.00‰"])
def test_a_number_whose_print_is_not_understood_is_never_taken_as_stored(settings, number_format):
    content = workbook([{**CLAIMED, "指标值": 0.9954}], **{"指标值": number_format})
    rows_in, loaded, reasons = counts(settings, content, "reported_indicators.xlsx")
    if number_format == '0.00"%"':  # a sign that is only printed multiplies nothing
        assert (loaded, reasons) == (1, {}) and printed_number("0.9954", number_format) == "1.00％"
    else:
        assert (rows_in, loaded) == (1, 0) and "reported_text:pattern" in reasons


@pytest.mark.parametrize("stored", ["1e300", "-1e300", "1e400", "1e999999999", "nan", "inf", "1e18"])
@pytest.mark.parametrize("number_format", ["0.00", "0%", "General", "0." + "0" * 30, "0." + "0" * 100_000])
def test_no_number_of_a_cell_is_read_as_another_or_stops_its_file(stored, number_format):
    printed = printed_number(stored, number_format)
    if stored != "1e18":
        assert printed is None, "as it is stored, which no column takes"
    else:
        assert printed is not None and len(printed) < 400


@pytest.mark.parametrize("number_format", ["0.00", "General"])
def test_a_cell_beyond_all_numbers_costs_its_own_row_only(settings, number_format):
    content = workbook([{**CLAIMED, "指标值": 1e300}, {**CLAIMED, "指标值": 99.5}], **{"指标值": number_format})
    rows_in, loaded, reasons = counts(settings, content, "reported_indicators.xlsx")
    assert (rows_in, loaded) == (2, 1) and {reason.split(":")[0] for reason in reasons} == {"reported_text"}


def test_days_of_a_workbook_that_counts_from_1904_are_the_same_days(settings):
    moment, name = datetime(2024, 9, 12, 8, 5), "受理时间"
    rows = [{**GOOD, name: moment}]
    for file, number_format in (("tickets-a.xlsx", "yyyy-mm-dd hh:mm"), ("tickets-b.xlsx", "General")):
        content = workbook(rows, {"date_1904": True}, **{name: number_format})
        assert counts(settings, content, file) == (1, 1, {})
    assert raw(settings, "tickets", "accepted_at") == [moment, moment]


@pytest.mark.parametrize("month", ["2024.1", "2024.10"])
def test_a_month_that_a_spreadsheet_has_shortened_is_no_month(settings, month):
    rows_in, loaded, reasons = counts(settings, table({**CLAIMED, "统计月份": month}), "reported_indicators.csv")
    assert (rows_in, loaded) == (1, 0)
    assert set(reasons) == {"month:type" if month == "2024.1" else "month:future"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [("99.540", "99.540"), ("100.00", "100.00"), ("1e2", None), ("0.995e2", None), ("NaN", None), ("1E400", None)],
)
def test_a_json_number_keeps_its_digits(settings, value, kept):
    content = lines(CLAIMED).replace('"99.54"', value)
    assert counts(settings, content, "reported_indicators.jsonl")[1] == (kept is not None)
    if kept:
        files = f"{settings.raw}/reported_indicators/*/platform=210100/*.parquet"
        assert duckdb.sql(f"select reported_text from '{files}'").fetchall()[-1] == (kept,)


def test_a_telephone_that_json_has_rounded_is_no_telephone(settings):
    content = lines(CALL, {**CALL, "回访编号": "HF2"}).replace('"13912345678"', "1.39e10")
    assert counts(settings, content, "callbacks.jsonl") == (2, 2, {"callback_phone:spoilt": 2})


@pytest.mark.parametrize("kind", ["text", "number"])
def test_a_key_that_a_spreadsheet_has_rounded_is_none(settings, kind):
    """Two calls would be one."""
    if kind == "text":
        content = table({**CALL, "回访编号": "1.23457E+17"}, {**CALL, "回访编号": "HF2"})
    else:
        content = workbook([{**CALL, "回访编号": 123456789012345678}, {**CALL, "回访编号": 123456789012345}])
    suffix = "csv" if kind == "text" else "xlsx"
    assert counts(settings, content, f"callbacks.{suffix}") == (2, 1, {"callback_no:rounded": 1})


@pytest.mark.parametrize("key", ["1e17", "1E17", "1.0E17", "1e+17", "1.23457E+017"])
def test_a_key_in_the_form_of_a_power_is_none_in_every_format(settings, key):
    for name, content in (
        ("callbacks.csv", table({**CALL, "回访编号": key})), ("callbacks-a.jsonl", lines({**CALL, "回访编号": key})),
        ("callbacks-b.jsonl", lines(CALL).replace('"HF1"', key)), ("callbacks.xlsx", workbook([{**CALL, "回访编号": float(key)}])),
    ):  # fmt: skip
        assert counts(settings, content, name) == (1, 0, {"callback_no:rounded": 1}), name


@pytest.mark.parametrize("key", ["3E5", "12E34", "HF1E17"])
def test_a_key_that_holds_an_e_is_a_key(settings, key):
    assert counts(settings, table({**CALL, "回访编号": key}), "callbacks.csv") == (1, 1, {})


@pytest.mark.parametrize("cell", ["<f>NOW()</f>", "<f>NOW()</f><v></v>", "<f>NOW()</f><v/>"])
def test_a_formula_that_was_never_calculated_is_no_empty_cell(settings, cell):
    made = workbook([{**GOOD, "办结意见": "=NOW()"}, {**GOOD, "工单编号": GOOD["工单编号"][:-1] + "2"}])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as source, zipfile.ZipFile(target, "w") as book:
        for name in source.namelist():
            content = source.read(name).replace(b"<f>NOW()</f><v>0</v>", cell.encode())
            book.writestr(name, content)
    assert counts(settings, target.getvalue(), "tickets.xlsx") == (2, 1, {"closing_text:excel_error": 1})


# headers, blanks, JSON ----------------------------------------------------------------------------------
def test_what_nobody_sees_in_a_header_is_no_part_of_it(settings):
    header = [f"{name[:2]}\u200b{name[2:]}\u200e" for name in HEADER]
    assert counts(settings, ticket_table({}, header=header), "tickets.csv") == (1, 1, {})
    assert raw(settings, "tickets", "closing_text") == ["已退费。"]


@pytest.mark.parametrize("mark", ["*{}", "＊{}", "{}*", "{}（必填）", "{}(选填)", "*{}（必填）"])
def test_the_mark_of_a_template_is_no_part_of_a_header(settings, mark):
    header = [mark.format(name) for name in HEADER]
    assert counts(settings, ticket_table({}, header=header), "tickets.csv") == (1, 1, {})


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\u200b", "\ufeff"])
def test_blanks_of_every_kind_are_no_value_in_every_format(settings, blank):
    row = dict(zip(HEADER, ticket_rows({})[0], strict=True))
    nothing, bad = dict.fromkeys(HEADER, blank), {**row, "业务类型": "闲聊"}
    texts = table(row, nothing) + f"{blank}\n" + ",".join(bad.values()) + "\n" + blank
    for name, content in (
        ("tickets.csv", texts), ("tickets.jsonl", lines(row, nothing, bad)), ("tickets.xlsx", workbook([row, nothing, bad])),
    ):  # fmt: skip
        assert counts(settings, content, name) == (2, 1, {"business_type:code": 1}), name


def test_an_array_without_elements_is_a_day_without_rows(settings):
    assert counts(settings, " [ ]\n", "tickets.json") == (0, 0, {})


def test_a_key_given_twice_is_neither_of_both(settings):
    content = lines(lines(CALL).strip()[:-1] + ', "是否接通": "否"}', {**CALL, "回访编号": "HF2"})
    assert counts(settings, content, "callbacks.jsonl") == (2, 1, {"row:twice": 1})


def padded_gzip() -> bytes:
    return gzip.compress(ticket_table({}).encode()) + b"\0" * 100


def damaged_lzma() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("tickets.csv", ticket_table({}))
    content = bytearray(target.getvalue())
    content[60:120] = bytes(60)
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("tickets.csv.gz", padded_gzip(), "unreadable"), ("tickets.zip", damaged_lzma(), "unreadable"),
        ("tickets.csv", b"<html><table><tr><td>1</td></tr></table></html>", "other_format"),
        ("tickets.jsonl", b'{"a": 1},\n{"a": 2},\n', "not_json"), ("tickets.csv", b"\xef\xbb\xbf", "empty"),
        (f"tickets.csv{ANSWER_SUFFIX}", b"PK", "answer"), ("tickets", b"x", "format"),
    ],
)  # fmt: skip
def test_each_refusal_names_its_cause(settings, name, content, rule):
    deliver(settings, content, name)
    (delivery,) = find_deliveries(settings.landing, list(load_contracts()))
    entry, _ = Loader(settings).load(delivery)
    assert entry.reasons == {f"file:{rule}": 1}
    assert "no suffix" not in entry.message_zh


def word_document() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tickets.xlsx", word_document(), "it has no part xl/workbook.xml"),
        ("tickets.jsonl", b'{"a": "\\ud83d"}\n' * 2, "no line of it is one JSON object with a value"),
        ("tickets.jsonl", b'{"a": 1}{"a": 2}\n', "no line of it is one JSON object with a value"),
        ("tickets.json", b'{"total": 1, "data": [{"a": 1}]}', "its records stand below the key data"),
        ("tickets.jsonl", b'"x"\n{"data": [{"a": 1}]}\n', "its records stand below the key data"),
        ("tickets.jsonl", b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}\n", "no row has the headers"),
    ],
)
def test_a_refusal_says_what_is_in_the_way(settings, name, content, said):
    deliver(settings, content, name)
    (delivery,) = find_deliveries(settings.landing, list(load_contracts()))
    entry, _ = Loader(settings).load(delivery)
    assert said in entry.message


def test_two_numbers_in_a_cell_are_not_one(settings):
    """A line break or a tab between them was once taken out: 1 and below it 2 was read as 12."""
    names = ("工单编号", "流转序号", "流转环节", "操作时间")
    texts = ("7", "1\n2", "1\t2", "\n3\t", "1\r\n2")
    rows = [(f"JT21010020240912{n:08d}", text, "受理", "2024-09-12 08:05:00") for n, text in enumerate(texts)]
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    entry, _ = Loader(settings).load(deliver(settings, text.getvalue(), "ticket_events.csv"))
    assert (entry.rows_loaded, entry.reasons) == (2, {"event_seq:type": 3}), entry
    assert raw_rows(settings, "event_seq", "ticket_events") == [(7,), (3,)]


@pytest.mark.parametrize("written", ["ZT1", "ＺＴ１", " ZT１\t"])
def test_what_names_a_key_is_written_as_the_key_is(settings, written):
    """A frame under its number in full-width letters was none of the frames that checks were drawn from."""
    frames = f"总体编号,统计期首日,平台编码,抽检方式,总体件数,冻结时间\n{written},2024-08-01,沈阳,月抽检,4,2024-09-02 09:00\n"
    checks = f"抽检编号,统计月份,平台编码,总体编号,录音编号\nC1,2024-08,沈阳,{written},{written}\n"
    for name, content in (("spot_check_frames.csv", frames), ("spot_checks.csv", checks)):
        entry, _ = Loader(settings).load(deliver(settings, content, name, "LN"))
        assert (entry.rows_loaded, entry.reasons) == (1, {})
        rows = duckdb.sql(f"select frame_no from read_parquet('{settings.raw}/{entry.feed}/*/*/*.parquet')").fetchall()
        assert rows == [("ZT1",)], name


def test_utf16_without_a_mark_is_read_under_the_name_of_a_workbook_too(settings):
    content = ticket_table({}, delimiter="\t").encode("utf-16-le")
    assert counts(settings, content, "tickets.xls") == (1, 1, {})


# the landing folder -------------------------------------------------------------------------------------
def test_the_suffix_of_a_check_file_counts_in_any_case(settings):
    delivery = deliver(settings, ticket_table({}))
    delivery.path.with_name("tickets.csv.CHECK").write_text(json.dumps({"rows": 1, "sha256": "0" * 64}))
    assert Loader(settings).load(delivery)[0].reasons == {"file:sha256": 1}


def test_a_time_that_no_calendar_has_ends_no_run_and_hides_no_file(settings, monkeypatch):
    delivery = deliver(settings, ticket_table({}))
    unfinished = deliver(settings, "x", "tickets-b.csv.tmp").path
    os.utime(unfinished, (4e9, 4e9))
    lstat, far = os.lstat, 10.0**12

    def later(path, **options):
        about = lstat(path, **options)
        return os.stat_result([*about[:8], far, *about[9:]], {"st_mtime": far, "st_mtime_ns": int(far) * 10**9})

    found = {each.file_name: each for each in find_deliveries(settings.landing, list(load_contracts()))}
    assert found["tickets-b.csv.tmp"].fault.rule == "unfinished"
    monkeypatch.setattr(type(delivery.path), "lstat", later)
    assert Loader(settings).load(delivery)[0].rows_loaded == 1


def test_a_folder_that_cannot_be_listed_stops_nobody_else(settings, monkeypatch):
    deliver(settings, ticket_table({}), sender="210100")
    deliver(settings, ticket_table({}), sender="210200")
    scandir = os.scandir

    def closed(folder):
        if str(folder).endswith("210100"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", closed)
    found = {each.place: each.fault for each in find_deliveries(settings.landing, list(load_contracts()))}
    assert found["210100"].rule == "deep_folder" and found["210200/2024-09-14/tickets.csv"] is None


def test_a_file_that_vanishes_while_it_is_read_was_changed(settings, monkeypatch):
    delivery = deliver(settings, ticket_table({}))
    rows = Loader._rows

    def vanish(self, *facts):
        delivery.path.unlink()
        return rows(self, *facts)

    monkeypatch.setattr(Loader, "_rows", vanish)
    assert Loader(settings).load(delivery)[0].reasons == {"file:changed": 1}


# check --------------------------------------------------------------------------------------------------
def test_the_clerk_gets_no_english_word_and_no_answer_to_an_answer(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "a.csv").write_text("x,y\n1,2\n")
    (desk / f"{'长' * 80}.csv").write_text("x,y\n1,2\n")
    said = {}
    for wrong in ("--day=abc", "--rows=x", "--bogus", "--day"):
        said[wrong] = CliRunner().invoke(check, [str(desk / "a.csv"), wrong])
        assert said[wrong].exit_code == 2
        assert "错误：" in said[wrong].output and "Error" not in said[wrong].output
    assert CliRunner().invoke(check, []).output.startswith("错误：没有指明文件或目录")
    for _ in range(2):
        answer = CliRunner().invoke(check, [str(desk)])
        assert answer.output.count("整个文件不予接收：" + FILE_RULES["unknown_feed"].zh) == 2
        assert "too long" not in answer.output
    assert [path.name for path in desk.glob(f"*{ANSWER_SUFFIX}")] == [f"a.csv{ANSWER_SUFFIX}"]


@pytest.mark.parametrize("day", [date(1999, 1, 1), date(2099, 1, 1)])
def test_check_refuses_the_days_that_ingest_refuses(settings, tmp_path, day):
    path = tmp_path / "tickets.csv"
    path.write_text(ticket_table({}))
    checker = Checker(settings, None, None, datetime(day.year, 1, 1))
    (delivery,) = checker.deliveries(path)
    entry = checker.check(delivery).entry
    assert entry.reasons == {"file:day_range": 1} and "today" not in entry.message_zh
    deliver(settings, ticket_table({}), day=day)
    (placed,) = find_deliveries(settings.landing, list(load_contracts()))
    Loader(settings).load(placed)
    assert [each["reasons"] for each in ledger.read(settings.ledger)] == [{"file:day_range": 1}]


# what a clumsy sender's programs make -------------------------------------------------------------------


def test_a_file_that_lost_its_line_ends_is_no_header_without_rows(settings):
    """Its records were told as names of unknown columns, the callers' among them, and it counted as a day without rows."""
    entry, _ = Loader(settings).load(deliver(settings, ticket_table({}, {}).strip().replace("\n", ","), "tickets.csv"))
    assert entry.reasons == {"file:header_values": 1}
    assert NAME not in str(entry)


def test_a_mark_of_utf8_before_a_table_in_gb18030_is_no_part_of_its_header(settings):
    content = codecs.BOM_UTF8 + ticket_table({}, {"办结意见": "已联系"}).encode("gb18030")
    entry, _ = Loader(settings).load(deliver(settings, content, "tickets.csv"))
    assert (entry.rows_loaded, entry.reasons, entry.encoding) == (2, {}, "gb18030")


@pytest.mark.parametrize(
    "more", [{"备注": "作废"}, {"备注": 0}, {"": {"x": 1}}, {"备注": ""}, {"备注": None}, {},
             {"备注": "作废", "工单编号": " \u3000", "办结意见": "\u200b"}, {"备注": None, "工单编号": "\u00a0"}]
)  # fmt: skip
def test_a_json_record_with_values_under_other_keys_alone_is_no_blank_one(settings, more):
    """As in every other format: nobody's record may vanish because its keys are not known."""
    entry, _ = Loader(settings).load(deliver(settings, f"{json.dumps(GOOD)}\n{json.dumps(more)}\n", "tickets.ndjson"))
    is_record = any(value not in ("", None) for key, value in more.items() if key not in HEADER)
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (1 + is_record, 1, int(is_record)), entry
    assert entry.reasons.get("ticket_no:required", 0) == is_record


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_of_lines_that_are_no_objects_nobody_says_how_many_records_they_are(settings, suffix):
    entry, _ = Loader(settings).load(deliver(settings, json.dumps(GOOD, indent=1), f"tickets.{suffix}"))
    assert (entry.reasons, entry.rows_in, entry.rows_quarantined) == ({"file:not_json": 1}, None, None)


def test_what_is_said_of_a_cut_array_names_no_file_of_ours(settings):
    entry, _ = Loader(settings).load(deliver(settings, json.dumps([GOOD])[:-5], "tickets.json"))
    assert entry.reasons == {"file:not_json": 1} and "ingest-" not in entry.message + entry.message_zh


def test_an_array_needs_no_line_end_and_holds_no_line_breaks(settings):
    entry, _ = Loader(settings).load(
        deliver(
            settings, json.dumps([GOOD, {**GOOD, "工单编号": "JT2101002024091251871582"}], indent=1), "tickets.json"
        )
    )
    assert (entry.rows_loaded, entry.warnings) == (2, [])


def test_a_web_archive_under_the_name_of_a_workbook_is_named(settings):
    content = (
        "MIME-Version: 1.0\nContent-Type: multipart/related\n\n<html><table><tr><td>工单编号</td></tr></table></html>"
    )
    entry, _ = Loader(settings).load(deliver(settings, content, "tickets.xls"))
    assert entry.reasons == {"file:other_format": 1} and "web archive" in entry.message


@pytest.mark.parametrize(
    ("content", "reason", "word"),
    [
        ('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row>'
         "<Cell><Data>工单编号</Data></Cell></Row></Table></Worksheet></Workbook>", "file:other_format", "its content is XML"),
        ("<html><table></table></html>", "file:no_header", "no row has the headers"),
        ("<html><table><tr></tr></table><table></table></html>", "file:no_header", "no row has the headers"),
        ("<html><body>系统维护中</body></html>", "file:no_header", "no row has the headers"),
    ],
)  # fmt: skip
def test_markup_without_a_row_of_a_table_is_answered_by_its_cause(settings, content, reason, word):
    entry, _ = Loader(settings).load(deliver(settings, content, "tickets.xls"))
    assert entry.reasons == {reason: 1} and word in entry.message
