"""Three hundred mutations of real feeds: bits, cuts, encodings, archives, names. No traceback, no hang, nothing lost."""

import gzip
import io
import json
import random
import signal
import zipfile
from pathlib import Path

import duckdb
import pytest
from ticket_files import HEADER, ticket_rows, ticket_table

from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.ingest.landing import find_deliveries
from hotline.ingest.load import Loader
from hotline.settings import Settings

INPUTS = Path(__file__).with_name("inputs")
MUTATIONS = 300
SECONDS_A_FILE = 60


def seeds() -> list[tuple[str, bytes]]:
    """Whole feeds of several formats: name and content."""
    changes = [
        {},
        {"业务类型": "闲聊"},
        {"办结意见": "已联系。\n已退费。"},
        {"受理时间": "2024/9/1 8:05"},
        {"诉求内容": '他说"好"'},
    ]
    rows = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in ticket_rows(*changes)]
    found = [
        ("tickets.csv", ticket_table(*changes).encode()),
        ("tickets.csv", ticket_table(*changes).encode("gb18030")),
        ("tickets.txt", ticket_table(*changes, delimiter="\t").encode("utf-16")),
        ("tickets.ndjson", ("\n".join(rows) + "\n").encode()),
        ("tickets.json", ("[" + ",".join(rows) + "]").encode()),
    ]
    for name in ("tickets_a6instructions_first.xlsx", "tickets_bad.csv", "ticket_events_90ints.csv",
                 "tz/210100/2025-04-10/reported_indicators.xlsx"):  # fmt: skip
        found.append((Path(name).name, (INPUTS / name).read_bytes()))
    return found


def mutated(name: str, content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """One to three mutations of a file."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(max(len(content), 1))
        match chance.choice(
            ["flip", "flips", "cut", "tail", "insert", "repeat", "encode", "gzip", "zip", "name", "swap", "nul"]
        ):
            case "flip" if content:
                content = content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]
            case "flips":
                content = bytes(
                    byte ^ (1 << chance.randrange(8)) if chance.random() < 0.01 else byte for byte in content
                )
            case "cut":
                content = content[:at] + content[at + chance.randint(1, 200) :]
            case "tail":
                content = content[:at]
            case "insert":
                content = content[:at] + chance.randbytes(chance.randint(1, 50)) + content[at:]
            case "repeat":
                content = (
                    content[:at] + content[at : at + chance.randint(1, 300)] * chance.randint(2, 20) + content[at:]
                )
            case "encode":
                text = content.decode("utf-8", "replace")
                content = text.encode(
                    chance.choice(["utf-16", "utf-16-be", "utf-32", "big5", "utf-8-sig", "gbk"]), "replace"
                )
            case "gzip":
                content, name = gzip.compress(content), name + ".gz"
            case "zip":
                target = io.BytesIO()
                with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                    for copy in range(chance.randint(0, 3)):
                        archive.writestr(f"{copy}{name}", content)
                content, name = target.getvalue(), f"{name.split('.')[0]}.zip"
            case "name":
                stem, _, suffix = name.partition(".")
                suffix = chance.choice([suffix, "xls", "csv", "xlsx", "CSV.GZ", "ndjson", "et", "XLSM", "", "csv[1]"])
                name = f"{stem}{chance.choice(['', '-工单', '*', '[1]', ' (2)', chr(27), chr(0x202E)])}.{suffix}"
            case "swap":
                content = content.replace(b",", chance.choice([b";", b"\t", b",,", b'","', b"|"]))
            case "nul":
                content = content[:at] + b"\0" * chance.randint(1, 20) + content[at:]
    return name, content


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Settings, the places delivered, and each file's entry, after all of it was taken by one worker."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HOTLINE_VAR", str(tmp_path_factory.mktemp("fuzz") / "var"))
    settings, chance = Settings.from_environment(), random.Random(20240912)  # noqa: S311 -- the same mutations on every run
    whole = seeds()
    for number in range(MUTATIONS):
        name, content = mutated(*whole[number % len(whole)], chance)
        folder = (
            settings.landing
            / chance.choice([*["210100"] * 5, "210200"])
            / f"2025-0{1 + number // 60}-{1 + number % 28:02d}"
        )
        folder.mkdir(parents=True, exist_ok=True)
        feed, _, rest = name.partition(".")
        (folder / f"{feed}-{number}.{rest}").write_bytes(content)
    loader, entries = Loader(settings), {}
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("a file took too long", pytrace=False))
    for delivery in find_deliveries(settings.landing, list(load_contracts())):
        signal.alarm(SECONDS_A_FILE)
        entries[delivery.place], _ = loader.load(delivery)
    signal.alarm(0)
    yield settings, entries
    patch.undo()


def test_every_mutated_file_is_in_the_ledger(judged):
    settings, entries = judged
    delivered = [path for path in settings.landing.rglob("*") if path.is_file()]
    assert len(delivered) == MUTATIONS == len(entries)
    assert {entry["path"] for entry in ledger.read(settings.ledger)} == {entry.path for entry in entries.values()}
    assert len({entry.path for entry in entries.values()}) == MUTATIONS, "copies too have an answer of their own"


def test_none_failed_in_a_way_that_nobody_foresaw(judged):
    _, entries = judged
    assert [place for place, entry in entries.items() if "file:internal" in entry.reasons] == []
    assert sum(entry.status != "rejected" for entry in entries.values()) > MUTATIONS / 5, (
        "the mutations must leave files to read"
    )


def test_counts_recounted_agree_and_every_quarantined_row_has_a_reason(judged):
    settings, entries = judged
    for place, entry in entries.items():
        counts = []
        for layer in (settings.raw, settings.quarantine):
            folder = layer / entry.feed / f"dt={entry.dt}" / f"platform={entry.platform_code}"
            path = folder / ledger.parquet_name(entry.content_hash, entry.judgement)
            counts.append(
                duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall()[0][0] if path.exists() else 0
            )
            if layer == settings.quarantine and path.exists():
                query = f"select count(*) from read_parquet('{path}') where reasons is null or len(reasons) = 0"
                assert duckdb.sql(query).fetchall() == [(0,)], place
        if entry.message:
            assert counts == [0, 0] and "remedy: " in entry.message and entry.message_zh, place
        else:
            assert counts == [entry.rows_loaded, entry.rows_quarantined], place
            assert entry.rows_in == sum(counts), place


def test_lines_of_plain_tables_are_recounted_from_the_bytes(judged):
    """Of UTF-8 and GB18030 tables without quotation marks the number of records is the number of lines with a value."""
    settings, entries = judged
    checked = 0
    for place, entry in entries.items():
        content = (settings.landing / place).read_bytes() if (settings.landing / place).exists() else b'"'
        is_plain = (
            not entry.message
            and place.endswith((".csv", ".txt"))
            and b'"' not in content
            and entry.encoding[:3] != "utf-16"[:3]
        )
        if (
            is_plain
            and entry.encoding in {"gb18030", "utf-8"}
            and not any("header stands" in note for note in entry.warnings)
        ):
            lines = [
                line
                for line in content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
                if line.strip(b" \t,;|")
            ]
            assert entry.rows_in == len(lines) - 1, place
            checked += 1
    assert checked > 10
