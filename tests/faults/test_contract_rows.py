"""Every row of every feed is loaded, or quarantined with a reason, and never both: rows made from the contracts."""

import csv
import io
import json
from datetime import date

import duckdb
import pytest
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
