"""Workbooks: two cells far apart that would fill all memory, rows and columns that only look used, merged cells."""

import io
import re
import struct
import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from ticket_files import HEADER, deliver, raw_rows, ticket_rows, ticket_table

from hotline.ingest import workbook, workbook_reader
from hotline.ingest.load import Loader
from hotline.settings import Settings

INPUTS = Path(__file__).with_name("inputs")
CLAIMS = [("统计月份", "平台编码", "指标名称", "指标值"), ("2024-08", "210100", "办结率", 0.9954),
          ("2024-08", "210100", "按时办结率", 0.5)]  # fmt: skip
CELL = '<c{} t="inlineStr"><is><t>x</t></is></c>'
FAR = {
    "row of a cell": '<row r="1">' + CELL.format(' r="A1"') + CELL.format(' r="Z4000000000"') + "</row>",
    "blanks around the sign": f'<row r="1">{CELL.format("")}</row><row r ="9">'
    + CELL.format(' r ="XFD1048576"')
    + "</row>",
    "another prefix": f'<x:row r="1">{CELL.format("")}</x:row><x:row r="9">'
    + CELL.format(' r="XFD1048576"')
    + "</x:row>",
    "no places": "<row/>" * 300_000 + f"<row>{CELL.format('') * 16_000}</row>" + f'<row r="1">{CELL.format("")}</row>',
}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def with_parts(content: bytes, change) -> bytes:
    """The workbook with each part's name and content changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name in source.namelist():
            book.writestr(*change(name, source.read(name)))
    return target.getvalue()


def sheet(write, **options) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, options) as book:
        write(book, book.add_worksheet())
    return target.getvalue()


def tickets(write=lambda *_: None, *changes: dict, top: int = 0) -> bytes:
    """A workbook of tickets, header in row ``top``; ``write`` adds to it."""

    def fill(book, page):
        for number, row in enumerate([HEADER, *ticket_rows(*(changes or ({}, {}, {})))], start=top):
            page.write_row(number, 0, row)
        write(book, page)

    return sheet(fill)


def take(settings, content, name="tickets.xlsx"):
    return Loader(settings).load(deliver(settings, content, name))[0]


# bounds -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", FAR)
def test_two_cells_far_apart_end_nothing_but_their_own_file(settings, kind):
    def change(name, content):
        rows = f"<sheetData>{FAR[kind]}</sheetData>".encode()
        return name, re.sub(rb"<sheetData>.*</sheetData>", rows, content) if name.endswith("sheet1.xml") else content

    loader = Loader(settings)
    entry, _ = loader.load(deliver(settings, with_parts(tickets(), change), "tickets-far.xlsx"))
    assert set(entry.reasons) <= {"file:too_many_cells", "file:too_much_memory", "file:not_a_workbook"}, entry.message
    assert loader.load(deliver(settings, tickets(), "tickets.xlsx"))[0].rows_loaded == 3, "the next one is read"


@pytest.mark.parametrize(
    ("bound", "write"),
    [
        ("MOST_ODD_CELLS", lambda page, row: page.write_formula(row, HEADER.index("事发区县"), "=1/0", None, "#DIV/0!")),
        ("MOST_MERGED", lambda page, row: page.merge_range(row, len(HEADER), row, len(HEADER) + 1, "备注")),
    ],
)  # fmt: skip
def test_of_what_is_held_for_each_cell_there_is_a_bound(settings, monkeypatch, bound, write):
    content = tickets(lambda _, page: [write(page, row) for row in (1, 2, 3)])
    monkeypatch.setattr(workbook, bound, 3)
    assert "file:too_much_memory" not in take(settings, content).reasons
    monkeypatch.setattr(workbook, bound, 2)
    assert Loader(settings, again=True).load(deliver(settings, content, "tickets.xlsx"))[0].reasons == {
        "file:too_much_memory": 1
    }


def test_a_reader_that_never_answers_is_ended(settings, monkeypatch):
    monkeypatch.setattr(workbook_reader, "MOST_SECONDS", 0.01)
    entry = take(settings, tickets())
    assert entry.reasons == {"file:not_a_workbook": 1} and "seconds" in entry.message
    monkeypatch.undo()


def test_a_part_that_stands_twice_is_refused_whatever_case_it_is_written_in(settings):
    whole = io.BytesIO(tickets())
    with zipfile.ZipFile(whole) as book:
        other = book.read("xl/worksheets/sheet1.xml")
    with zipfile.ZipFile(whole, "a") as book:
        book.writestr("XL\\Worksheets\\SHEET1.xml", other)
    assert take(settings, whole.getvalue()).reasons == {"file:unreadable": 1}


def test_parts_in_another_case_are_read_with_all_that_is_looked_for_in_them(settings):
    spoilt = tickets(lambda _, page: page.write_formula(1, HEADER.index("事发区县"), "=1/0", None, "#DIV/0!"))
    content = with_parts(spoilt, lambda name, part: (name.replace("sheet1", "SHEET1"), part))
    assert take(settings, content).reasons == {"district:excel_error": 1}


@pytest.mark.parametrize("is_prefixed", [False, True])
def test_what_is_looked_for_in_a_sheet_is_found_under_any_prefix(settings, is_prefixed):
    def change(name, content):
        if is_prefixed and name.endswith("sheet1.xml"):
            content = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b" xmlns=", b" xmlns:x=")
        return name, re.sub(rb"<(x:)?v>777</(x:)?v>", b"", content)

    never_calculated = tickets(lambda _, page: page.write_formula(1, HEADER.index("事发区县"), "=NOW()", None, 777))
    assert take(settings, with_parts(never_calculated, change)).reasons == {"district:excel_error": 1}


@pytest.mark.parametrize("kept", [1, 2, 1_000])
@pytest.mark.parametrize("is_prefixed", [False, True])
def test_a_cell_that_does_not_say_its_place_stands_behind_the_one_before_it(settings, monkeypatch, is_prefixed, kept):
    """Plain cells are taken out of a sheet before it is parsed, but not the one that another is counted from."""

    def change(name, content):
        content = re.sub(rb'<c r="[A-Z]+[23]" t="e">', b'<c t="e">', content)
        if is_prefixed and name.endswith("sheet1.xml"):
            content = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b" xmlns=", b" xmlns:x=")
        return name, content

    def write(_, page):
        page.write_formula(1, HEADER.index("事发区县"), "=1/0", None, "#DIV/0!")
        page.write_formula(2, HEADER.index("办结意见"), "=NA()", None, "#N/A")

    monkeypatch.setattr(workbook, "MOST_CELLS_AT_ONCE", kept)
    assert take(settings, with_parts(tickets(write), change)).reasons == {
        "district:excel_error": 1, "closing_text:excel_error": 1,
    }  # fmt: skip


def test_a_sheet_that_is_parsed_and_is_no_xml_is_refused(settings):
    def change(name, content):
        return name, content.replace(b"<sheetData>", b"<sheetData>\x01")

    spoilt = tickets(lambda _, page: page.write_formula(1, HEADER.index("事发区县"), "=1/0", None, "#DIV/0!"))
    assert take(settings, with_parts(spoilt, change)).reasons == {"file:not_a_workbook": 1}


# what only looks used ------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", [0, 1, 30])
@pytest.mark.parametrize("column", [0, 1])
def test_rows_and_columns_with_a_format_and_no_value_shift_nothing(settings, row, column):
    """The print of one cell was once put into the row below it."""

    def fill(book, page):
        border, percent = book.add_format({"border": 1}), book.add_format({"num_format": "0.00%"})
        for at in range(max(row, column)):
            page.write_blank(0 if row else at, at if row else 0, None, border)
        for number, texts in enumerate(CLAIMS, start=row):
            page.write_row(number, column, texts, percent)

    entry = take(settings, sheet(fill), "reported_indicators.xlsx")
    assert (entry.rows_loaded, entry.reasons) == (2, {})
    files = f"{settings.raw}/reported_indicators/*/platform=210100/*.parquet"
    found = duckdb.sql(f"select _row_number, indicator_code, reported_text from '{files}' order by 1").fetchall()
    assert found == [(row + 2, "close", "99.54"), (row + 3, "on_time_close", "50.00")]


# merged cells --------------------------------------------------------------------------------------------
def test_a_cell_merged_over_rows_holds_for_each_and_a_title_for_none(settings):
    at = HEADER.index("事发区县")

    def write(book, page):
        page.merge_range(0, 0, 0, len(HEADER) - 1, "二〇二四年九月工单")
        page.merge_range(2, at, 4, at, "大东区")

    entry = take(settings, tickets(write, top=1))
    assert (entry.rows_loaded, entry.reasons) == (3, {}) and "each of these rows" in " ".join(entry.warnings)
    assert raw_rows(settings, "district") == [("大东区",)] * 3


@pytest.mark.parametrize(("rows", "bad"), [((1, 1), 1), ((1, 2), 2), ((4, 4), 1)])
def test_of_a_cell_merged_over_columns_nobody_can_tell_which_it_fills(settings, rows, bad):
    at = HEADER.index("办结意见")
    content = tickets(lambda _, page: page.merge_range(rows[0], at, rows[1], at + 1, "已办理"))
    entry = take(settings, content)
    assert entry.rows_quarantined == bad and entry.reasons["row:merged"] == bad


def test_a_merged_cell_beside_the_table_is_nobodys(settings):
    content = tickets(lambda _, page: page.merge_range(1, len(HEADER), 3, len(HEADER) + 1, "备注"))
    assert (take(settings, content).rows_loaded, len(raw_rows(settings, "ticket_no"))) == (3, 3)


# the same in the binary formats ---------------------------------------------------------------------------
def record(kind: int, content: bytes = b"") -> bytes:
    """A record of an ``.xlsb``: kind and length, seven bits a byte, then its content."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(content) & 0x7F | 0x80, len(content) >> 7]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_workbook(*areas: tuple[int, int, int, int]) -> bytes:
    """A workbook of three tickets in the binary format (``.xlsb``), with merged cells."""
    table = [HEADER, *ticket_rows({}, {}, {})]
    cells = b"".join(
        record(0, struct.pack("<I13x", number))
        + b"".join(record(6, struct.pack("<II", at, 0) + wide(text)) for at, text in enumerate(row) if text)
        for number, row in enumerate(table)
    )
    size = record(148, struct.pack("<4I", 0, len(table) - 1, 0, len(HEADER) - 1))
    merged = b"".join(record(176, struct.pack("<4I", *area)) for area in areas)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        book.writestr(
            "xl/workbook.bin",
            record(131) + record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("工单")) + record(144) + record(132),
        )
        book.writestr("xl/_rels/workbook.bin.rels",
                      '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.bin"/></Relationships>')  # fmt: skip
        book.writestr("xl/worksheets/sheet1.bin",
                      record(129) + size + record(145) + cells + record(146) + record(177, b"\0" * 4) + merged + record(130))  # fmt: skip
    return target.getvalue()


def test_the_cells_of_an_old_workbook_are_merged_by_the_same_rule(settings):
    """A title, a district over all three rows, and in the last of them an answer over two columns."""
    entry = take(settings, (INPUTS / "tickets_merged_cells.xls").read_bytes(), "tickets.xls")
    assert (entry.rows_loaded, entry.reasons) == (2, {"row:merged": 1}), entry
    assert raw_rows(settings, "district") == [("大东区",)] * 2
    assert "each of these rows" in " ".join(entry.warnings)


@pytest.mark.parametrize(("areas", "reasons"), [([], {}), ([(1, 3, 8, 8)], {}), ([(2, 2, 8, 9)], {"row:merged": 1})])
def test_the_cells_of_a_binary_workbook_are_merged_by_the_same_rule(settings, areas, reasons):
    entry = take(settings, binary_workbook(*areas), "tickets.xlsb")
    assert (entry.rows_loaded, entry.reasons) == (3 - len(reasons), reasons), entry
    assert ("each of these rows" in " ".join(entry.warnings)) == bool(areas)


def test_a_binary_workbook_that_does_not_tell_its_merged_cells_is_refused(settings):
    def change(name, content):
        return name, content.replace(
            record(177, b"\0" * 4) + record(176, struct.pack("<4I", 1, 3, 8, 8)), record(176, b"\1")
        )

    entry = take(settings, with_parts(binary_workbook((1, 3, 8, 8)), change), "tickets.xlsb")
    assert entry.reasons == {"file:not_a_workbook": 1} and "merged" in entry.message and ".xlsx" in entry.message


def test_the_same_rows_as_text_give_the_same(settings):
    take(settings, tickets())
    entry = take(settings, ticket_table({}, {}, {}), "tickets.csv")
    assert entry.rows_loaded == 3
    assert len(set(raw_rows(settings, "* exclude (_file_hash, _file_name, _delivered_at, platform, dt)"))) == 3


@pytest.mark.parametrize("twice", [3, 2, None])
def test_two_rows_of_one_number_are_refused_and_rows_out_of_order_are_read(settings, twice):
    """The reader gives the later of two rows with one number alone: one of three tickets was gone without a word."""

    def change(name, content):
        if not name.endswith("sheet1.xml"):
            return name, content
        second, third = (re.search(rb'<row r="%d".*?</row>' % n, content, re.DOTALL)[0] for n in (3, 4))
        if twice:  # beside the other or far from it
            return name, content.replace(third, third.replace(b'4"', b'%d"' % twice))
        return name, content.replace(third, b"").replace(second, third + second)

    entry = take(settings, with_parts(tickets(), change))
    if twice:
        assert entry.reasons == {"file:not_a_workbook": 1} and f"row {twice} stands in its sheet twice" in entry.message
    else:
        assert (entry.rows_loaded, entry.reasons) == (3, {})
