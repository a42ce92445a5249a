"""Three hundred mutations of real feeds: bits, cuts, encodings, archives, names. No traceback, no hang, nothing lost."""

import gzip
import io
import json
import random
import re
import signal
import zipfile
from pathlib import Path
from xml.etree import ElementTree

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
PARTS = 0.6
"""Of the workbooks, how many are mutated inside."""


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


def with_other_sheets(content: bytes, chance: random.Random) -> bytes:
    """A workbook with mutations inside its sheets, packed again: those of its bytes stop at the archive's checksums."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name in source.namelist():
            part = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                for _ in range(chance.randint(1, 3)):
                    kind = chance.choice([rb"<row.*?</row>", rb"<c .*?</c>"])
                    found = list(re.finditer(kind, part, re.DOTALL))
                    if found:
                        begin, end = chance.choice(found).span()
                        part = part[:begin] + part[begin:end] * chance.choice([0, 0, 2]) + part[end:]
            book.writestr(name, part)
    return target.getvalue()


def mutated(name: str, content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """One to three mutations of a file."""
    if name.endswith(".xlsx") and chance.random() < PARTS:
        return name, with_other_sheets(content, chance)
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


def bare(content: bytes) -> bytes:
    """What is packed in a gzip, or alone in a zip."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                (only,) = archive.namelist()
                return archive.read(only)
    return content


def has_value(cells) -> bool:
    return any(str("" if cell is None else cell).strip() for cell in cells)


def rows_of_workbook(content: bytes) -> int:
    """Rows with a value below the header of the one visible sheet that has it: the parts as they stand in the archive."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        part = {name: book.read(name) for name in book.namelist()}
    texts = ElementTree.fromstring(part.get("xl/sharedStrings.xml", b"<sst/>"))  # noqa: S314 -- made by our own mutations
    shared = ["".join(text.itertext()) for text in texts]
    hidden = [sheet.get("state", "visible") != "visible"
              for sheet in ElementTree.fromstring(part["xl/workbook.xml"]).iterfind(".//{*}sheet")]  # noqa: S314  # fmt: skip
    for number, is_hidden in enumerate(hidden, start=1):
        sheet, rows = ElementTree.fromstring(part[f"xl/worksheets/sheet{number}.xml"]), []  # noqa: S314
        for row in sheet.iterfind(".//{*}row"):
            cells = [(cell.get("t"), "".join(cell.itertext())) for cell in row]
            rows.append([shared[int(text)] if kind == "s" else text for kind, text in cells])
        rows = [row for row in rows if has_value(row)]
        heads = [at for at, row in enumerate(rows) if {"工单编号", "统计月份"} & set(row)]
        if heads and not is_hidden:
            found.append(len(rows) - heads[0] - 1)
    (count,) = found
    return count


def objects_of_json(text: str) -> int:
    """Elements of an array, or lines; one whose every value is empty is none."""
    if text.lstrip().startswith("["):
        elements = json.loads(text)
    else:
        elements = []
        for line in text.split("\n"):
            try:
                elements.append(json.loads(line))
            except ValueError:
                elements.extend([{"line": line}] if line.strip() else [])
    return sum(not isinstance(each, dict) or has_value(each.values()) for each in elements)


def test_rows_of_workbooks_and_objects_of_json_are_recounted_from_the_bytes(judged):
    settings, entries = judged
    checked = {"workbook": 0, "json": 0}
    for place, entry in entries.items():
        if entry.message or not (settings.landing / place).exists():
            continue
        content = bare((settings.landing / place).read_bytes())
        if content.startswith(b"PK"):
            assert entry.rows_in == rows_of_workbook(content), place
            checked["workbook"] += 1
        elif "json" in place:
            text = content.decode(entry.encoding, "replace").lstrip("\ufeff")
            assert entry.rows_in == objects_of_json(text.replace("\r\n", "\n").replace("\r", "\n")), place
            checked["json"] += 1
    assert min(checked.values()) > 10, checked
