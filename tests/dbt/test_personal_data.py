"""No telephone number, identity number or name of a caller passes the ingest boundary.

A small sample of its own, with spoilt files among it so that the quarantine is not empty, goes through the whole chain;
then every text of the raw layer, the quarantine, the ledger and every column of every relation of the built warehouse
is searched for what the delivered files held.
"""

from __future__ import annotations

import csv
import json
import re
import stat
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from hotline.contracts import load_contracts

HOTLINE = Path(__file__).resolve().parents[2] / ".venv" / "warehouse" / "bin" / "hotline"
LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:[^\w]|_){1,4}(?=[\dXx])")
HAN = re.compile("[\u4e00-\u9fff·]{2,}")
SPOILT_DAY = "2024-10-09"


@dataclass(frozen=True)
class Planted:
    """What the delivered files held."""

    phones: set[str]
    cards: set[str]
    names: set[str]
    operators: set[str]

    def found_in(self, text: str) -> str | None:
        """The first of them in a text, however it is written: full-width, with blanks or hyphens, inside a number."""
        if text in self.operators:
            return text
        if text.isascii() and not any(character.isdigit() for character in text):
            return None
        folded = BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
        for number in LONG_NUMBER.findall(folded):
            for length, held in ((11, self.phones), (18, self.cards)):
                for start in range(len(number) - length + 1):
                    if (part := number[start : start + length].upper()) in held:
                        return part
        for run in HAN.findall(folded):
            for length in (2, 3, 4):
                for start in range(len(run) - length + 1):
                    if run[start : start + length] in self.names:
                        return run[start : start + length]
        return None


def planted_in(landing: Path) -> Planted:
    """Values of all columns that their contract calls personal, in all files that can be read as they should be."""
    held = {"phone": set(), "id_card": set(), "name": set(), "operator": set()}
    contracts = load_contracts()
    for path in landing.glob("*/*/*.csv"):
        kinds = {
            column.header: column.pii for column in contracts[path.name.split("-")[0]].columns if column.pii in held
        }
        data = path.read_bytes()
        text = data.decode("utf-8-sig" if path.parent.parent.name not in ("210700", "211200") else "gb18030")
        for row in csv.DictReader(text.splitlines()):
            for header, kind in kinds.items():
                if value := row.get(header):
                    held[kind].add(value.upper() if kind == "id_card" else value)
    # in every form in which they may be written, the folded one stands for all
    phones = {re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))[-11:] for phone in held["phone"]}
    return Planted(phones, held["id_card"], held["name"], held["operator"])


def texts(var: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of all that the chain has written: distinct values column by column."""
    for path in (var / "ledger").rglob("*.json"):
        yield "ledger", json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)
    with duckdb.connect() as connection:
        for layer in ("raw", "quarantine"):
            for folder in sorted((var / layer).glob("*")):
                files = [str(path) for path in folder.rglob("*.parquet")]
                connection.execute(f"create or replace view v as from read_parquet({files}, union_by_name=true)")
                yield from _columns(connection, f"{layer}/{folder.name}", "v")
    database = var / "build" / "hotline.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        relations = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables order by all"
        ).fetchall()
        for (relation,) in relations:
            # once for all its columns: a view would be worked out anew for each
            connection.execute(f"create or replace temp table found as from {relation}")
            yield from _columns(connection, relation, "found")


def _columns(connection: duckdb.DuckDBPyConnection, place: str, relation: str) -> Iterator[tuple[str, str]]:
    for name, kind, *_ in connection.execute(f"describe {relation}").fetchall():
        if kind.startswith(("BOOLEAN", "DATE", "TIMESTAMP")):
            continue  # cannot hold any of it
        values = connection.execute(f'select distinct cast("{name}" as varchar) from {relation}').fetchall()
        for (value,) in values:
            if value:
                yield f"{place}.{name}", value


def leaks(var: Path, planted: Planted) -> dict[str, str]:
    """Place to the first personal value found there."""
    found: dict[str, str] = {}
    clean: set[str] = set()  # the same text stands in many relations
    for place, text in texts(var):
        if place in found or text in clean:
            continue
        if value := planted.found_in(text):
            found[place] = value
        else:
            clean.add(text)
    return found


def spoil(landing: Path) -> None:
    """Files that end in quarantine: broken values, numbers in the wrong column, a torn row, a column left out."""
    folder = landing / "210100" / SPOILT_DAY
    folder.mkdir()
    source = (
        (landing / "210100" / "2024-10-08" / "tickets-20241008-simulated.csv").read_text(encoding="utf-8").splitlines()
    )
    header, rows = source[0].split(","), list(csv.DictReader(source[:40]))
    wide = {ord(digit): 0xFEE0 + ord(digit) for digit in "0123456789"}
    for number, row in enumerate(rows):
        phone = row["诉求人电话"]
        if number % 4 == 0:  # this one is loaded
            name, grouped = row["诉求人姓名"], f"{phone[:4]}·{phone[4:8]}—{phone[8:]}"
            row["诉求内容"] = (
                f"请回电{phone.translate(wide)}，或{phone[:3]} {phone[3:7]} {phone[7:]}，{name[0]}\u3000{name[1:]}"
            )
            for column in ("问题类别", "问题子类", "事发区县", "被诉企业", "承办单位"):
                row[column] = f"{row[column]}{name}tel{grouped}"
            row["办结意见"] = f"证件{row['证件号码'][:6]} {row['证件号码'][6:14]}-{row['证件号码'][14:]}"
            continue
        row["受理时间"] = "昨天上午"
        if number % 4 == 1:
            row["工单编号"] = phone
        if number % 4 == 2:
            row["诉求内容"] = f"请回电{phone[:3]} {phone[3:7]} {phone[7:]}或{phone.translate(wide)}"
            row["业务类型"] = f"+86-{phone}"
        if number % 4 == 3:
            row["办结意见"] = f"已联系诉求人({phone[:3]}-{phone[3:7]}-{phone[7:]})"
            row["满意度评价"] = phone.translate(wide)
    with (folder / "tickets-spoilt.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    named = folder / f"tickets-{rows[0]['诉求人电话']}.csv"
    named.write_text("\n".join(source[:9]) + "\n", "utf-8")
    (folder.parent / "2024-10-10").mkdir()
    (folder.parent / "2024-10-10" / f"{rows[1]['诉求人电话']}.csv").write_text("无表头", "utf-8")
    (folder / "tickets-torn.csv").write_text(
        "\n".join([*source[:3], source[3] + ',多出一列,"撕裂', source[4]]), "utf-8"
    )
    with (folder / "tickets-short.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name for name in header if name != "工单编号"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def chain(project, tmp_path_factory) -> Iterator[tuple[Path, Planted]]:
    var = tmp_path_factory.mktemp("personal")

    def hotline(*arguments: str) -> None:
        done = subprocess.run([HOTLINE, *arguments, "--json"], capture_output=True, text=True, check=False, umask=0)
        assert done.returncode == 0, done.stderr[-3000:]

    with project.at(var):  # the commands find the project parsed
        hotline("simulate", "--scale", "0.02", "--months", "2024-09")
        planted = planted_in(var / "landing")
        spoil(var / "landing")
        for step in ("ingest", "build", "quality", "publish"):
            hotline(step)
        yield var, planted


def test_thousands_of_callers_were_delivered_and_some_rows_were_quarantined(chain):
    var, planted = chain
    assert len(planted.phones) > 3000
    assert len(planted.names) > 1000
    assert len(planted.cards) > 100
    assert len(planted.operators) > 100
    assert all(re.fullmatch(r"1\d{10}", phone) for phone in planted.phones)
    files = {json.loads(path.read_text())["file_name"]: json.loads(path.read_text())
             for path in (var / "ledger" / f"dt={SPOILT_DAY}").rglob("*.json")}  # fmt: skip
    spoilt = files["tickets-spoilt.csv"]
    assert (spoilt["rows_loaded"], spoilt["rows_quarantined"]) == (10, 29)
    assert files["tickets-short.csv"]["status"] == "rejected"
    assert files["tickets-torn.csv"]["rows_quarantined"] > 0
    assert list((var / "quarantine").rglob("*.parquet"))


def test_none_of_them_is_found_behind_the_boundary(chain):
    assert leaks(*chain) == {}


def test_rejected_rows_are_listed_with_reason_and_remedy_and_of_a_value_its_form_alone(chain):
    var, _ = chain
    entries = [
        json.loads(path.read_text(encoding="utf-8")) for path in (var / "ledger").glob("dt=*/platform=210100/*.json")
    ]
    with duckdb.connect(str(var / "build" / "hotline.duckdb"), read_only=True) as connection:
        cursor = connection.execute("from marts.mart_rejected_row")
        names = [column[0] for column in cursor.description]
        listed = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert {row["platform_code"] for row in listed} == {"210100"}
    rows = [row for row in listed if not row["is_whole_file"]]
    counted = Counter(f"{row['column_name']}:{row['rule']}" for row in rows)
    expected = Counter()
    for entry in entries:
        expected.update({reason: n for reason, n in entry["reasons"].items() if not reason.startswith("file:")})
    del expected["caller_phone:spoilt"]  # such a row is loaded
    assert counted == +expected and len(counted) > 3
    # a file that was refused whole is one line, however many rows it has
    read = [entry for entry in entries if not any(reason.startswith("file:") for reason in entry["reasons"])]
    total = sum(entry["rows_quarantined"] for entry in read)
    assert {row["rows_of_platform"] for row in listed} == {total} and total >= len({row["place"] for row in rows}) > 29
    whole = {row["file_name"]: row["reason_zh"] for row in listed if row["is_whole_file"]}
    assert whole == {entry["file_name"]: entry["message_zh"] for entry in entries if entry["message"]}
    assert "tickets-short.csv" in whole and len(whole) == listed[0]["files_of_platform"] > 1
    assert all(re.search("[\u4e00-\u9fff]", text) for row in rows for text in (row["reason_zh"], row["remedy_zh"]))
    forms = {row["column_name"]: row["value_form"] for row in rows}
    assert (forms["accepted_at"], forms["ticket_no"]) == ("字字字字", "[字字]")
    assert all(re.fullmatch("[9x字 -~]{0,40}", row["value_form"]) for row in rows if row["value_form"])
    assert not any(re.search("[0-8]", row["value_form"]) for row in rows if row["value_form"])


def test_words_of_every_kind_came_through_without_them(chain):
    var, _ = chain
    with duckdb.connect(str(var / "build" / "hotline.duckdb"), read_only=True) as connection:
        for column in ("category", "subcategory", "district", "enterprise_name", "handling_unit"):
            found = connection.execute(f"select count(*) from marts.fct_ticket where {column} like '%某tel[号码]'")
            assert found.fetchone()[0] > 0, column
        names = connection.execute("select file_name from marts.fct_feed_delivery where file_name like '%[号码]%'")
        assert sorted(names.fetchall()) == [("[号码].csv",), ("tickets-[号码].csv",)]


def test_no_other_account_may_read_or_even_list_what_was_written(chain):
    """The commands ran under a umask that closes nothing."""
    var, _ = chain
    paths = [path for path in [var, *var.rglob("*")] if not path.is_symlink()]
    assert len(paths) > 100
    # the landing folder is filled by the simulator and, here, by the test itself
    open_paths = [str(path.relative_to(var)) for path in paths
                  if path.stat().st_mode & 0o007 and path.parent.name != SPOILT_DAY and "2024-10-" not in str(path)]  # fmt: skip
    assert open_paths == []
    group_writes = [path for path in paths if path.stat().st_mode & stat.S_IWGRP and "2024-10-" not in str(path)]
    assert group_writes == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in (var / "secrets").iterdir()} == {0o600}
    assert stat.S_IMODE((var / "serving" / "current" / "hotline.duckdb").stat().st_mode) == 0o440


def test_the_search_reaches_every_layer_and_finds_every_form(chain, tmp_path):
    """One value of each kind planted in each place: a search that finds nothing has to be able to find."""
    _, planted = chain
    phone, card, name, operator = (
        min(held) for held in (planted.phones, planted.cards, planted.names, planted.operators)
    )
    forms = {
        "raw": f"电话{phone[:3]} {phone[3:7]}-{phone[7:]}。",
        "quarantine": f"证件{card}",
        "ledger": f"诉求人{name}来电",
        "warehouse": "".join(chr(ord(digit) + 0xFEE0) for digit in phone),
    }
    for layer in ("raw", "quarantine"):
        (tmp_path / layer / "tickets").mkdir(parents=True)
        duckdb.execute(
            f"copy (select 'x' as ticket_no, ['{forms[layer]}'] as texts) to '{tmp_path}/{layer}/tickets/a.parquet'"
        )
    (tmp_path / "ledger" / "dt=2024-09-01").mkdir(parents=True)
    (tmp_path / "ledger" / "dt=2024-09-01" / "a.json").write_text(json.dumps({"message": forms["ledger"]}), "utf-8")
    (tmp_path / "build").mkdir()
    with duckdb.connect(str(tmp_path / "build" / "hotline.duckdb")) as connection:
        connection.execute(f"create table t as select '{forms['warehouse']}' as note, '{operator}' as operator_key")
    assert leaks(tmp_path, planted) == {
        "ledger": name,
        "raw/tickets.texts": phone,
        "quarantine/tickets.texts": card,
        "main.t.note": phone,
        "main.t.operator_key": operator,
    }
