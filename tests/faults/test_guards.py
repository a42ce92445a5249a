"""Guards of ingest that were broken once and turned no other test red; and a file with telephones where none belong."""

import json
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from ticket_files import HEADER, PHONE, deliver, quarantined, raw_rows, ticket_rows, ticket_table

from hotline.ingest import ledger
from hotline.ingest.load import Loader
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
