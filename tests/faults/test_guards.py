"""Guards of ingest that were broken once and turned no other test red; and a file with telephones where none belong."""

import json
import os
import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from ticket_files import HEADER, PHONE, deliver, quarantined, raw_rows, ticket_rows, ticket_table

from hotline.ingest import ledger
from hotline.ingest.load import Loader
from hotline.ingest.workbook import _has_untold_errors
from hotline.settings import Settings

INPUTS = Path(__file__).with_name("inputs")
BAD = {"业务类型": "闲聊"}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def as_csv(rows, path):
    return ("\n".join([",".join(HEADER), *(",".join(row) for row in rows)]) + "\n").encode()


def as_json(rows, path):
    return "".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) + "\n" for row in rows).encode()


def as_workbook(rows, path):
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([HEADER, *rows]):
            sheet.write_row(number, 0, row)
    return path.read_bytes()


# the last row of a sheet is the last with a value
@pytest.mark.parametrize(
    ("suffix", "write", "seen"), [("csv", as_csv, 3), ("ndjson", as_json, 3), ("xlsx", as_workbook, 2)]
)
def test_a_row_without_any_value_is_no_record_beside_bad_rows_either(settings, tmp_path, suffix, write, seen):
    good, bad = ticket_rows({}, BAD)
    blank, spaces = [""] * len(HEADER), [" "] * len(HEADER)
    delivery = deliver(settings, write([good, blank, bad, spaces, blank], tmp_path / "a.xlsx"), f"tickets.{suffix}")
    entry, _ = Loader(settings).load(delivery)
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (2, 1, 1), entry
    assert entry.reasons == {"business_type:code": 1}
    assert [reasons for _, reasons in quarantined(settings)] == [["business_type:code"]]
    assert entry.warnings == [f"{seen} rows without any value are no records"]


def test_an_entry_whose_counts_do_not_agree_is_none(settings):
    Loader(settings).load(deliver(settings, ticket_table({}, BAD)))
    (facts,) = ledger.read(settings.ledger)
    ledger.Entry(**facts)
    for change in ({"rows_in": 3}, {"rows_loaded": 0}, {"rows_quarantined": None}, {"rows_in": None}):
        with pytest.raises(AssertionError, match="rows in, but"):
            ledger.Entry(**(facts | change))


DAMAGES = {
    "empty": lambda good: b"", "cut": lambda good: good[: len(good) // 2], "a list": lambda good: b"[]",
    "another encoding": lambda good: good.decode().encode("utf-16"),
    "a fact is missing": lambda good: good.replace(b'"size_bytes"', b'"bytes"'),
    "a fact of another kind": lambda good: good.replace(b'"status": "partial"', b'"status": 5'),
    "counts that do not agree": lambda good: good.replace(b'"rows_in": 2', b'"rows_in": 3'),
    "no day": lambda good: good.replace(b'"dt": "2024-09-14"', b'"dt": "2024-09-31"'),
}  # fmt: skip


def test_rows_and_entry_outlive_a_power_loss_and_the_rows_come_first(settings, monkeypatch):
    """Each file is synced before it gets its name, its folder after; an entry never stands without its rows."""
    done, fsync, replace = [], os.fsync, Path.replace

    def synced(descriptor):
        done.append(("sync", Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def renamed(self, target):
        done.append(("name", self, target))
        return replace(self, target)

    delivery = deliver(settings, ticket_table({}, {"业务类型": "闲聊"}))
    loader = Loader(settings)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    loader.load(delivery)
    named = [step for step in done if step[0] == "name"]
    layers = [next(parent.name for parent in target.parents if parent.parent == settings.var) for _, _, target in named]
    assert layers == [settings.quarantine.name, settings.raw.name, settings.ledger.name]
    for step in named:
        at, (_, temporary, target) = done.index(step), step
        assert ("sync", temporary) in done[:at] and ("sync", target.parent) in done[at:], target


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_set_aside_for_dbt_and_no_sound_one(settings, damage):
    loader = Loader(settings)
    loader.load(deliver(settings, ticket_table({}, BAD)))
    loader.load(deliver(settings, ticket_table({}), "tickets-b.csv"))
    assert ledger.set_damaged_aside(settings.ledger) == 0
    (path,) = (path for path in settings.ledger.rglob("*.json") if '"rows_in": 2' in path.read_text("utf-8"))
    good = path.read_bytes()
    path.write_bytes(DAMAGES[damage](good))
    assert path.read_bytes() != good
    assert ledger.set_damaged_aside(settings.ledger) == 1
    assert len(list(settings.ledger.rglob("*.json"))) == 1 and path.with_name(f"{path.name}.damaged").exists()


def test_records_that_a_torn_quotation_mark_swallowed_are_counted_where_the_text_is_loaded(settings):
    """The mark opens in one record and closes in another: what lies between is a text, and was records."""
    rows = ticket_table({}, {}, {}, {}, {}).splitlines()
    rows[2] = rows[2].replace(",已退费。", ',"已退费。', 1)
    rows[4] = rows[4].replace("已退费。,", '已退费。",', 1)
    torn = "\n".join(rows) + "\n"
    entry, _ = Loader(settings).load(deliver(settings, torn))
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (5, 2, 3), entry
    assert len(raw_rows(settings)) == 2 and len(quarantined(settings)) == 3


# workbooks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("tickets_old_excel.xls", {}), ("tickets_error_cells.xls", {"file:untold_errors": 1}),
        ("tickets_error_formula.xls", {"file:untold_errors": 1}),
    ],
)  # fmt: skip
def test_an_error_value_of_an_old_workbook_is_no_empty_cell(settings, name, reasons):
    entry, _ = Loader(settings).load(deliver(settings, (INPUTS / name).read_bytes(), "tickets.xls"))
    assert (entry.reasons, entry.rows_loaded) == (reasons, 0 if reasons else 2), entry


@pytest.mark.parametrize("kind", [3, 11, 2])
def test_the_records_of_a_binary_sheet_tell_its_error_values(tmp_path, kind):
    """Kind and length come before each record; 128 and more take two bytes."""
    other = b"\x81\x01\x00" + b"\x93\x01\x81\x01" + b"\x03" * 129 + b"\x02\x05" + b"\x0b" * 5
    with zipfile.ZipFile(tmp_path / "workbook.xlsb", "w") as archive:
        archive.writestr("xl/worksheets/sheet1.bin", other + bytes([kind, 9]) + b"\0" * 9 + other)
    assert _has_untold_errors(tmp_path / "workbook.xlsb") is (kind != 2)


def html(rows) -> bytes:
    """A table of ``(text, attributes)``."""
    lines = ("<tr>" + "".join(f"<td {told}>{text}</td>" for text, told in row) + "</tr>" for row in rows)
    return ("<html><table>" + "".join(lines) + "</table></html>").encode()


def test_a_cell_merged_over_rows_shifts_nothing_and_holds_for_each(settings):
    first, second, third = (
        [(text, "") for text in row] for row in ticket_rows({}, {"事发区县": "铁西区"}, {"事发区县": "x"})
    )
    unit, district = HEADER.index("承办单位"), HEADER.index("事发区县")
    first[unit] = ("执法队", 'rowspan="3"')
    second[district] = ("铁西区", 'rowspan="2"')
    content = html([[(name, "") for name in HEADER], first, second[:unit] + second[unit + 1 :],
                    [cell for at, cell in enumerate(third) if at not in (unit, district)]])  # fmt: skip
    entry, _ = Loader(settings).load(deliver(settings, content, "tickets.xls"))
    assert (entry.rows_in, entry.rows_loaded) == (3, 3), entry
    assert raw_rows(settings, "district, handling_unit, rating") == [
        ("和平区", "执法队", "satisfied"), ("铁西区", "执法队", "satisfied"), ("铁西区", "执法队", "satisfied"),
    ]  # fmt: skip
    assert any("span several rows" in warning for warning in entry.warnings)


def test_of_a_cell_of_a_page_over_columns_nobody_can_tell_which_it_fills(settings):
    """Over two columns, over three rows as well, over one that the contract does not know, and over two without a text."""
    tickets = ([*row, ""] for row in ticket_rows(*[{}] * 7))
    title, header, *rows = [[(text, "") for text in row] for row in (["工单"], [*HEADER, "备注"], *tickets)]
    title[0] = ("二〇二四年九月", f'colspan="{len(HEADER)}"')
    at = HEADER.index("办结意见")
    for number, told in ((1, 'colspan="2"'), (2, 'colspan="2" rowspan="3"')):
        rows[number][at : at + 2] = [("已办理", told)]
    for number in (3, 4):
        del rows[number][at : at + 2]
    rows[5][-2:] = [("有效", 'colspan="2"')]
    rows[6][at : at + 2] = [("", 'colspan="2"')]
    entry, _ = Loader(settings).load(deliver(settings, html([title, header, *rows]), "tickets.xls"))
    assert (entry.rows_in, entry.rows_loaded, entry.reasons) == (7, 3, {"row:merged": 4}), entry
    assert [line for line, _ in quarantined(settings)] == [4, 5, 6, 7]
    assert not any("columns not in the contract" in warning and "备注" not in warning for warning in entry.warnings)


def test_a_cell_of_a_workbook_merged_over_rows_holds_for_each(settings, tmp_path):
    rows = ticket_rows({}, {"事发区县": "", "承办单位": ""}, {"承办单位": "执法二队"})
    with xlsxwriter.Workbook(tmp_path / "merged.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        sheet.merge_range("B2:F2", "九月工单")  # a title, and nothing of the table
        for number, row in enumerate([HEADER, *rows]):
            sheet.write_row(number + 2, 1, row)
        for name in ("事发区县", "承办单位"):
            at = HEADER.index(name) + 1
            sheet.merge_range(3, at, 4, at, dict(zip(HEADER, rows[0], strict=True))[name])
    entry, _ = Loader(settings).load(deliver(settings, (tmp_path / "merged.xlsx").read_bytes(), "tickets.xlsx"))
    assert (entry.rows_in, entry.rows_loaded) == (3, 3), entry
    unit = "沈阳市交通运输综合行政执法队"
    assert raw_rows(settings, "district, handling_unit") == [("和平区", unit), ("和平区", unit), ("和平区", "执法二队")]
    assert any("span several rows" in warning for warning in entry.warnings)


def test_telephones_where_none_belong_do_not_get_past_the_boundary(settings):
    loader = Loader(settings)
    content = (INPUTS / "tickets-phone-in-unit.csv").read_bytes()
    entry, _ = loader.load(deliver(settings, content, "tickets-phone-in-unit.csv"))
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (3, 2, 1)
    assert entry.reasons == {"accepted_at:type": 1}
    kept = raw_rows(settings, "subcategory, district, enterprise_name, handling_unit, request_text")
    assert set(kept) == {
        ("来电[号码]", "身份证[号码]", "张三 [号码]", "执法队 李四[号码]", "我叫王五，tel[号码]，'=cmd")
    }
    assert sorted(loader.bad_rows()[0][2]) == sorted(
        set(HEADER) - {"诉求人姓名", "诉求人电话", "证件号码", "移交自平台", "移交至平台"}
    )
    everything = [str(row) for layer in (settings.raw, settings.quarantine) for path in layer.rglob("*.parquet")
                  for row in duckdb.sql(f"from read_parquet('{path}')").fetchall()]  # fmt: skip
    everything += [path.read_text(encoding="utf-8") for path in settings.ledger.rglob("*.json")]
    for secret in (
        "13712345678",
        "210102199001011234",
        "13912345678",
        "13612345678",
        "13812345678",
        "16006802224",
        PHONE,
    ):
        assert secret not in "\n".join(everything), secret
