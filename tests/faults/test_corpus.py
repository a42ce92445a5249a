"""Files that once ended a run, vanished, or were read as something else: each with the right answer, and check's the same."""

import shutil
from pathlib import Path

import duckdb
import pytest

from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.ingest.check import Checker
from hotline.ingest.landing import find_deliveries
from hotline.ingest.load import Loader
from hotline.settings import Settings

INPUTS = Path(__file__).with_name("inputs")
DAY = "2024-09-02"
OF_210100 = {
    "tickets.ndjson",
    "tickets_bad.csv",
    "tickets-torn.csv",
    "tickets-empty-key.ndjson",
    "tickets-bad-key-quote.ndjson",
}
ANSWERS = {
    # rows in, loaded, quarantined, reasons or the rule of the rejection
    "ticket_events_90ints.csv": (14, 4, 10, {"event_seq:type": 9, "event_seq:range": 1}),
    "tickets-bad-key-quote.ndjson": (2, 0, 2, "header_missing"),
    "tickets-empty-key.ndjson": (104, 104, 0, {}),
    "tickets-torn.csv": (3, 0, 3, {"accepted_at:future": 1, "row:unquoted_value": 1, "row:unreadable": 1}),
    "tickets.ndjson": (2, 0, 2, "header_missing"),
    "tickets_01sci_phone.csv": (5, 5, 0, {"caller_phone:spoilt": 5}),
    "tickets_03phone_float.csv": (5, 5, 0, {}),
    "tickets_04tab_prefix.csv": (8, 6, 2, {"ticket_no:pattern": 2}),
    "tickets_05iso_offset.csv": (8, 5, 3, {"accepted_at:type": 3}),
    "tickets_06dates.csv": (30, 13, 17, {"accepted_at:before": 2, "accepted_at:type": 15}),
    "tickets_08utf16le.txt": (5, 5, 0, {}),
    "tickets_20blank_rows.csv": (5, 5, 0, {}),
    "tickets_26mixed_enc.csv": (None, 0, None, "mixed_encoding"),
    "tickets_60sparse.ndjson": (300, 300, 0, {}),
    "tickets_62quotekey.ndjson": (5, 5, 0, {}),
    "tickets_70.et": (None, 0, None, "format"),
    "tickets_a5two_sheets.xlsx": (None, 0, None, "two_tables"),
    "tickets_a6instructions_first.xlsx": (5, 5, 0, {}),
    "tickets_bad.csv": (20, 13, 7, None),
    "tickets_c1nul_tail_200k.csv.gz": (6, 5, 1, {"row:missing_columns": 1}),
    "tickets_c5future.csv": (5, 4, 1, {"accepted_at:future": 1}),
    "outage_lasting/LN/2025-04-15/platform_outages.csv": (7, 7, 0, {}),
    "ndjson_empty/210100/2025-03-12/tickets.ndjson": (4, 3, 1, {"category:required": 1}),
    "reported_negative/210600/2025-04-13/reported_indicators.csv": (1, None, None, None),
    "tz/210100/2025-03-12/tickets-b.ndjson": (8, 2, 6, {"accepted_at:type": 5, "due_at:type": 1}),
    "tz/210100/2025-03-12/tickets.ndjson": (14, 9, 5, {"accepted_at:before": 1, "accepted_at:type": 3, "ticket_no:sender": 1}),
    "tz/210100/2025-03-12/ticket_events.csv": (6, 1, 5, {"event_seq:type": 5}),
    "tz/210100/2025-04-10/reported_indicators.xlsx": (7, 7, 0, {}),
    "two_excel_files/210100/2025-03-12/tickets.xlsx": (1, 1, 0, {}),
    "two_excel_files/210200/2025-03-12/tickets.xlsx": (1, 1, 0, {}),
    "tickets_20blank_rows_copy.csv": (None, 0, None, "copy"),
}  # fmt: skip


def lay(settings: Settings) -> dict[str, str]:
    """Put the corpus into landing; gives the place of each input."""
    places = {}
    for name in ANSWERS:
        path = Path(name)
        if len(path.parts) == 1:
            place = Path("210100" if name in OF_210100 else "210200", DAY, name)
        else:
            folder, sender, day, file = path.parts
            stem, _, suffix = file.partition(".")
            place = Path(sender, day, f"{stem}-{folder}.{suffix}" if stem == "tickets" and suffix == "ndjson" else file)
        target = settings.landing / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(INPUTS / name.replace("_copy", ""), target)
        places[name] = str(place)
    return places


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Settings, place of each input, and the entry of each place, all taken by one loader: as one worker of a run does."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HOTLINE_VAR", str(tmp_path_factory.mktemp("corpus") / "var"))
    settings = Settings.from_environment()
    places, loader = lay(settings), Loader(settings)
    entries = {}
    for delivery in find_deliveries(settings.landing, list(load_contracts())):
        entries[delivery.place], _ = loader.load(delivery)
    yield settings, places, entries
    patch.undo()


@pytest.mark.parametrize("name", ANSWERS)
def test_each_input_gets_its_right_answer(corpus, name):
    _, places, entries = corpus
    entry, (rows_in, loaded, quarantined, why) = entries[places[name]], ANSWERS[name]
    assert entry.rows_in == rows_in, entry
    if loaded is not None:
        assert (entry.rows_loaded, entry.rows_quarantined) == (loaded, quarantined), entry
    if isinstance(why, str):
        assert entry.reasons == {f"file:{why}": 1}
        assert "remedy: " in entry.message and entry.message_zh
    elif why is not None:
        assert entry.reasons == why


def test_every_file_is_in_the_ledger_and_nothing_was_unexpected(corpus):
    settings, places, entries = corpus
    assert {entry["path"] for entry in ledger.read(settings.ledger)} == set(places.values()) == set(entries)
    assert not [entry for entry in entries.values() if "file:internal" in entry.reasons]


def test_the_rows_written_are_the_rows_recorded(corpus):
    settings, _, entries = corpus
    for layer, count in ((settings.raw, "rows_loaded"), (settings.quarantine, "rows_quarantined")):
        for entry in entries.values():
            path = (
                layer
                / entry.feed
                / f"dt={entry.dt}"
                / f"platform={entry.platform_code}"
                / ledger.parquet_name(entry.content_hash, entry.judgement)
            )
            written = (
                duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall()[0][0] if path.exists() else 0
            )
            stated = getattr(entry, count) or 0
            assert written == (0 if entry.message else stated), (entry.path, count)


def test_check_says_what_ingest_recorded(corpus):
    settings, places, entries = corpus
    checker = Checker(settings, None, None, None)
    seen = {}
    for delivery in checker.deliveries(settings.landing):
        seen[delivery.place] = checker.check(delivery).entry
    assert set(seen) == set(places.values())
    facts = ("rows_in", "rows_loaded", "rows_quarantined", "reasons", "status", "message_zh", "warnings_zh")
    for place, entry in seen.items():
        assert [getattr(entry, fact) for fact in facts] == [getattr(entries[place], fact) for fact in facts], place


def raw(settings, feed, columns, name):
    files = f"{settings.raw}/{feed}/*/*/*.parquet"
    rows = f"(from read_parquet('{files}') where _file_name = '{name}' order by _row_number)"
    query = f"select {columns} from {rows}"
    return duckdb.sql(query).fetchall()


def test_times_are_converted_or_refused_and_whole(corpus):
    settings, *_ = corpus
    times = dict(raw(settings, "tickets", "right(ticket_no, 2), accepted_at::varchar", "tickets-tz.ndjson"))
    assert times["01"] == "2025-03-11 10:00:00", "+08:00"
    assert times["02"] == "2025-03-11 18:00:00", "Z"
    assert times["03"] == "2025-03-11 10:00:00", "half a second"
    assert times["06"] == "2025-03-11 22:00:00", "PM"
    assert times["10"] == "2025-03-11 23:00:00", "-05:00"
    first = raw(settings, "tickets", "distinct accepted_at::varchar", "tickets_05iso_offset.csv")
    assert first == [("2024-09-01 08:21:48",)]


def test_decimals_keep_what_the_cell_prints(corpus):
    settings, *_ = corpus
    texts = [text for (text,) in raw(settings, "reported_indicators", "reported_text", "reported_indicators.xlsx")]
    assert texts == ["99.54", "99.50", "100.00", "99.50", "100.00", "99.10", "33.33"]


def test_one_caller_is_one_and_a_spoilt_number_is_none(corpus):
    settings, *_ = corpus
    assert raw(settings, "tickets", "count(caller_key)", "tickets_01sci_phone.csv") == [(0,)]
    keys = raw(settings, "tickets", "caller_key", "tickets_03phone_float.csv")
    assert all(key for (key,) in keys)


def test_an_outage_without_an_end_is_loaded(corpus):
    settings, *_ = corpus
    assert (None,) in raw(settings, "platform_outages", "ended_at", "platform_outages.csv")


def test_keys_that_occur_late_are_kept(corpus):
    settings, *_ = corpus
    assert raw(
        settings, "tickets", "count(subcategory) > 0 or count(enterprise_name) > 0", "tickets_60sparse.ndjson"
    ) == [(True,)]


def test_a_damaged_ledger_entry_is_set_aside_and_its_file_taken_anew(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    settings = Settings.from_environment()
    target = settings.landing / "210100" / "2025-03-12" / "tickets.xlsx"
    target.parent.mkdir(parents=True)
    shutil.copyfile(INPUTS / "two_excel_files/210100/2025-03-12/tickets.xlsx", target)
    loader = Loader(settings)
    (delivery,) = find_deliveries(settings.landing, list(load_contracts()))
    loader.load(delivery)
    damages = (
        lambda good: b"",
        lambda good: good[: len(good) // 2],
        lambda good: b"[]",
        lambda good: b"\0" * 100,
        lambda good: good.replace(b'"rows_in": 1', b'"rows_in": 7'),
        lambda good: good.replace(b'"size_bytes": ', b'"size_bytes": 1'),  # sound by itself, but not what was written
    )
    for damage in damages:
        (whole,) = settings.ledger.glob("dt=*/*/*.json")
        whole.write_bytes(damage(whole.read_bytes()))
        assert list(ledger.read(settings.ledger)) == []
        assert "is damaged" in caplog.text
        assert whole.with_name(f"{whole.name}.damaged").exists()
        assert loader.load(delivery)[1] is True
        assert len(list(ledger.read(settings.ledger))) == 1
