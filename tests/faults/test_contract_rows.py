"""Every row of every feed is loaded, or quarantined with a reason, and never both: rows made from the contracts."""

import csv
import io
import json
from datetime import date

import duckdb
import pytest
import xlsxwriter
from contract_rows import Rows
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from ticket_files import deliver

from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.ingest.load import Loader
from hotline.ingest.rules import ROW_RULES
from hotline.settings import Settings

DAY = date(2024, 10, 15)
CONTRACTS = load_contracts()
FORMATS = ("csv", "ndjson")


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_VAR", str(tmp_path_factory.mktemp("rows") / "var"))
        yield Loader(Settings.from_environment())


def written(rows: list[dict[str, str]], suffix: str) -> str:
    if suffix == "ndjson":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def judged(loader, source: Rows, rows: list[dict[str, str]], suffix: str):
    """The entry of a file of these rows, and of every row its reasons; an empty list for a loaded one.

    What was written is what counts: each row must stand in the raw layer or in quarantine, once.
    """
    feed = source.contract.feed
    delivery = deliver(loader.settings, written(rows, suffix), f"{feed}.{suffix}", source.sender, DAY)
    entry, _ = loader.load(delivery)
    first, found = (2 if suffix == "csv" else 1), {}
    for layer, reasons in ((loader.settings.raw, "[]"), (loader.settings.quarantine, "reasons")):
        path = layer / feed / f"dt={DAY}" / f"platform={source.sender}"
        path /= ledger.parquet_name(entry.content_hash, entry.judgement)
        if path.exists():
            for number, why in duckdb.sql(f"select _row_number, {reasons} from read_parquet('{path}')").fetchall():
                assert number - first not in found, "a row is in both, or twice in one"
                found[number - first] = why
                assert bool(why) == (layer == loader.settings.quarantine), (number, why)
    assert sorted(found) == list(range(len(rows))), entry
    quarantined = [why for why in found.values() if why]
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (
        len(rows), len(rows) - len(quarantined), len(quarantined))  # fmt: skip
    columns = {column.name for column in source.contract.columns} | {"row"}
    for reason in (reason for why in quarantined for reason in why):
        column, _, rule = reason.partition(":")
        assert column in columns and rule in ROW_RULES, reason
    return entry, [found[number] for number in range(len(rows))]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("feed", CONTRACTS)
def test_a_row_at_the_limits_is_loaded_and_one_beyond_them_says_which(loader, feed, suffix):
    source = Rows(loader.settings, CONTRACTS[feed], DAY)
    good, bad = source.at_limits(), source.beyond_limits()
    assert len(good) > len(source.contract.columns) and len(bad) > 2
    _, reasons = judged(loader, source, [*good, *(row for row, _ in bad)], suffix)
    assert [(row, why) for row, why in zip(good, reasons, strict=False) if why] == []
    for (row, expected), why in zip(bad, reasons[len(good) :], strict=True):
        assert expected in why, (expected, why, row)


ANY_TEXT = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=30)


def changes_of(source: Rows) -> st.SearchStrategy:
    """Up to three columns of a row with other texts: at the limits, beyond them (with the reason), or any (``None``)."""
    texts = {}
    for column in source.contract.columns:
        # whether an empty one is due hangs on another column
        known = [(text, "" if text or not column.required_with else None) for text in source.legal(column)]
        known += [(text, f"{column.name}:{rule}") for text, rule in source.illegal(column)]
        texts[column.name] = st.sampled_from(known) | ANY_TEXT.map(lambda text: (text, None))
    # a row of empty values is no record, so one column keeps its value
    names = st.lists(st.sampled_from(sorted(texts)), max_size=min(3, len(texts) - 1), unique=True)
    return names.flatmap(lambda some: st.fixed_dictionaries({name: texts[name] for name in some}))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("feed", CONTRACTS)
def test_any_row_is_loaded_or_quarantined_with_a_reason(loader, feed, suffix):
    source = Rows(loader.settings, CONTRACTS[feed], DAY)

    @profile(max_examples=12, phases=(Phase.explicit, Phase.generate), deadline=None, derandomize=True,
             suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.lists(changes_of(source), min_size=1, max_size=40))
    def check(changes):
        rows = [source.plain | {name: text for name, (text, _) in change.items()} for change in changes]
        _, reasons = judged(loader, source, rows, suffix)
        for change, why in zip(changes, reasons, strict=True):
            expected = {reason for _, reason in change.values() if reason}
            assert expected <= set(why), (change, why)
            if all(reason == "" for _, reason in change.values()):
                assert why == [], (change, why)

    check()


LOST = {
    "deleted": "", "comma": ",", "blank": " ", "tab": "\t", "semicolon": ";", "escaped": "\\n", "nul": "\0",
    "U+2028": "\u2028", "U+2029": "\u2029", "U+0085": "\u0085", "VT": "\v", "FF": "\f", "RS": "\x1e",
}  # fmt: skip
"""What may stand where line ends stood."""


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("feed", CONTRACTS)
def test_records_without_line_ends_are_no_day_without_rows(loader, feed, lost, quoted):
    """They stood in the header's line, as names of unknown columns; the day counted as delivered on time."""
    source = Rows(loader.settings, CONTRACTS[feed], DAY)
    records = [
        {column.header: f"值{column.name}" for column in source.contract.columns},
        source.completed(source.plain),
    ]
    text, rows = io.StringIO(), [list(records[0]), *(list(record.values()) for record in records)]
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
        [[value.replace("\n", " ") for value in row] for row in rows]
    )
    content = text.getvalue().replace("\n", LOST[lost])
    for name, more in ((f"{feed}.csv", ""), (f"{feed}-end.csv", "\n")):
        entry, _ = loader.load(deliver(loader.settings, content + more, name, source.sender, DAY))
        assert (entry.status, entry.rows_loaded) == ("rejected", 0), entry
        assert entry.message and entry.message_zh and "\n" not in entry.message_zh


@pytest.mark.parametrize("suffix", ["csv", "json", "xlsx"])
@pytest.mark.parametrize("feed", CONTRACTS)
def test_headers_alone_are_a_day_without_rows_and_with_more_they_are_none(loader, feed, suffix):
    source = Rows(loader.settings, CONTRACTS[feed], DAY)
    headers = [column.header for column in source.contract.columns]
    for name, cells, ends, status in (
        ("", headers, ("", "\n", "\r\n", "\r", "\u2028", "\n,,\n"), "loaded"), ("-more", [*headers, "另一列"], ("", "\n"), "rejected"),
        ("-on", [*headers[:-1], f"{headers[-1]}值"], ("", "\n"), "rejected"),
    ):  # fmt: skip
        match suffix:
            case "csv":
                contents = [",".join(cells) + end for end in ends]
            case "json":  # an array without elements has no header at all, and what is no object is no record
                contents = ["[]", "[]\n"] if status == "loaded" else [json.dumps([cells], ensure_ascii=False)]
            case "xlsx":
                contents = [workbook_of(cells)]
        for number, content in enumerate(contents):
            delivery = deliver(loader.settings, content, f"{feed}{name}{number}.{suffix}", source.sender, DAY)
            entry, _ = loader.load(delivery)
            assert (entry.status, entry.rows_loaded) == (status, 0), entry


def workbook_of(cells: list[str]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet().write_row(0, 0, cells)
    return target.getvalue()


def test_a_header_cell_that_swallowed_records_hides_none(loader):
    """Its quotation marks reach over lines: the records between them were counted as part of the header."""
    source = Rows(loader.settings, CONTRACTS["dial_tests"], DAY)
    content = written([source.completed(source.plain)] * 4, "csv").splitlines()
    headers = [column.header for column in source.contract.columns]
    content[0] = ",".join([*headers[:-1], f'"{headers[-1]}'])
    content[2] += '"'
    entry, _ = loader.load(deliver(loader.settings, "\n".join(content) + "\n", "dial_tests.csv", source.sender, DAY))
    assert entry.reasons == {"file:header_quotes": 1}, entry
