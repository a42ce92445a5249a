"""Nothing personal gets past the boundary by any column, and no data are ever mixed of two keys."""

import hashlib
import hmac
import os
import socket
import threading
from contextlib import chdir
from datetime import date

import duckdb
import pytest
import yaml
from ticket_files import ID_CARD, NAME, PHONE, deliver, quarantined, raw_rows, ticket_table

from hotline import arrivals
from hotline.contracts import load_contracts
from hotline.contracts.documents import privacy_zh
from hotline.errors import HotlineError
from hotline.ingest import ledger, opening
from hotline.ingest.deidentify import FINGERPRINT, fingerprint, hash_key
from hotline.ingest.landing import Delivery, find_deliveries
from hotline.ingest.load import Loader, prepare
from hotline.settings import Settings
from hotline.text import printable

KEY, OTHER = "ab" * 32, "cd" * 32
CONTRACTS = load_contracts()
COLUMNS = [(feed, column) for feed, contract in CONTRACTS.items() for column in contract.columns]
SPACED = "欧 阳测试"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("HOTLINE_HASH_KEY", raising=False)
    return Settings.from_environment()


def everything(settings) -> str:
    """All that is kept of what was delivered, in one text."""
    kept = []
    for layer in (settings.raw, settings.quarantine):
        for path in layer.rglob("*.parquet"):
            kept += [str(row) for row in duckdb.sql(f"from read_parquet('{path}')").fetchall()]
    kept += [path.read_text(encoding="utf-8") for path in settings.ledger.rglob("*.json")]
    return "\n".join(kept)


# every column ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("feed", "column"), COLUMNS, ids=[f"{feed}.{column.name}" for feed, column in COLUMNS])
def test_every_column_is_typed_coded_keyed_dropped_masked_or_a_guarded_identifier(feed, column):
    ways = [
        column.logical_type != "string",
        bool(column.code_list),
        column.pii in {"phone", "operator"},
        not column.is_stored,
        column.is_masked,
        column.is_identifier,
    ]
    assert sum(ways) == 1, ways
    if column.is_identifier:
        # of a form that no person's number has: the ticket number, and what the province made public
        is_of_its_own_form = column.pattern and (column.name == "ticket_no" or column.published)
        assert column.may_be_personal or is_of_its_own_form
        assert not column.published or CONTRACTS[feed].delivered_by == "province"
    assert bool(privacy_zh(column)) == (column.is_masked or column.may_be_personal or bool(column.pii))


def valid_row(contract) -> dict[str, str]:
    """A row that keeps every rule, from the contract's own examples."""
    document = yaml.safe_load(contract.path.read_text(encoding="utf-8"))
    return {node["businessName"]: str(node.get("examples", [""])[0]) for node in document["schema"][0]["properties"]}


def feed_file(settings, contract, row: dict[str, str]):
    sender = "LN" if contract.delivered_by == "province" else "210100"
    lines = [",".join(f'"{value}"' for value in values) for values in (row, row.values())]
    return deliver(settings, "\n".join(lines) + "\n", name=f"{contract.feed}.csv", sender=sender, day=date(2024, 12, 1))


@pytest.mark.parametrize("feed", CONTRACTS)
def test_a_number_in_any_text_of_any_feed_is_masked_and_in_any_identifier_quarantined(settings, feed):
    contract = CONTRACTS[feed]
    loader = Loader(settings)
    row = valid_row(contract)
    entry, _ = loader.load(feed_file(settings, contract, row))
    assert entry.rows_loaded == 1, entry
    for column in contract.columns:
        if column.is_masked:
            entry, _ = loader.load(feed_file(settings, contract, row | {column.header: "转告（139）1234－5678尽快"}))
            assert entry.rows_loaded == 1, column.name
        elif column.is_identifier:
            entry, _ = loader.load(feed_file(settings, contract, row | {column.header: PHONE}))
            assert entry.rows_quarantined == 1, column.name
            expected = "personal" if column.may_be_personal else "pattern"
            assert f"{column.name}:{expected}" in entry.reasons or column.pattern, entry.reasons
        elif column.is_unbounded_count:
            entry, _ = loader.load(feed_file(settings, contract, row | {column.header: PHONE}))
            assert entry.reasons == {f"{column.name}:personal": 1}
    kept = everything(settings)
    assert PHONE not in kept and "1234－5678" not in kept
    assert (
        not any(column.is_masked for column in contract.columns)
        or "转告([号码]尽快" in kept
        or "转告[号码]尽快" in kept
    )


def test_the_callers_name_and_numbers_are_gone_from_every_column_of_a_ticket(settings):
    places = ["问题类别", "问题子类", "事发区县", "被诉企业", "承办单位", "诉求内容", "办结意见"]
    spoilt = {name: f"{name}{SPACED}(0411)83456781" for name in places}
    Loader(settings).load(
        deliver(settings, ticket_table(spoilt, {**spoilt, "业务类型": "闲聊"}, {**spoilt, "诉求人姓名": SPACED}))
    )
    assert len(raw_rows(settings)) == 2 and len(quarantined(settings)) == 1
    kept = everything(settings)
    for name in places:
        assert f"{name}某" in kept
    for secret in (PHONE, ID_CARD, NAME, SPACED, "83456781"):
        assert secret not in kept, secret


# telephone keys --------------------------------------------------------------------------------------


def test_a_spoilt_number_costs_its_key_and_is_counted_and_the_row_stays(settings, monkeypatch):
    numbers = [
        PHONE,
        f"{PHONE}.0",
        "1.38E+10",
        "139****0001",
        "0",
        "",
        f"{PHONE}/13812345678",
        "024-23456789",
        "02423456789",
    ]
    rows = [{"诉求人电话": number} for number in numbers] + [{"诉求人电话": "0", "业务类型": "闲聊"}]
    monkeypatch.setenv("HOTLINE_HASH_KEY", KEY)
    entry, _ = Loader(settings).load(deliver(settings, ticket_table(*rows)))
    assert (entry.rows_loaded, entry.rows_quarantined) == (9, 1)
    assert entry.reasons == {"business_type:code": 1, "caller_phone:spoilt": 4}
    keys = [key for (key,) in raw_rows(settings, "caller_key")]
    own = hmac.new(bytes.fromhex(KEY), f"phone:{PHONE}".encode(), hashlib.sha256).hexdigest()[:32]
    assert keys[:2] == [own, own]
    assert keys[2:7] == [None] * 5
    assert keys[7] == keys[8] and keys[7] is not None


def test_a_file_without_spoilt_numbers_has_no_such_reason_after_one_that_has(settings):
    loader = Loader(settings)
    assert loader.load(deliver(settings, ticket_table({"诉求人电话": "0"})))[0].reasons == {"caller_phone:spoilt": 1}
    assert loader.load(deliver(settings, ticket_table({}, {"诉求人电话": ""}), name="tickets-2.csv"))[0].reasons == {}


# the key and its fingerprint -------------------------------------------------------------------------


def test_the_first_key_is_made_and_its_fingerprint_lies_with_the_data(settings):
    key = hash_key(settings)
    assert (settings.secrets / "hash_key").stat().st_mode & 0o777 == 0o600
    assert (settings.ledger / FINGERPRINT).read_text() == fingerprint(key)
    assert key.hex() not in (settings.ledger / FINGERPRINT).read_text()
    assert hash_key(settings) == key


@pytest.mark.parametrize("evidence", ["fingerprint", "ledger", "raw"])
def test_a_lost_key_is_never_replaced_while_data_are_there(settings, evidence):
    Loader(settings).load(deliver(settings, ticket_table({})))
    (settings.secrets / "hash_key").unlink()
    if evidence != "fingerprint":
        (settings.ledger / FINGERPRINT).unlink()
    if evidence == "raw":
        for path in settings.ledger.rglob("*.json"):
            path.unlink()
    with pytest.raises(HotlineError, match="or set HOTLINE_HASH_KEY; a new key would"):
        Loader(settings)
    assert not (settings.secrets / "hash_key").exists()


def test_the_files_without_rows_are_no_data(settings):
    prepare(settings)
    hash_key(settings)


def test_another_key_is_refused_wherever_it_comes_from(settings, monkeypatch):
    Loader(settings).load(deliver(settings, ticket_table({})))
    own = (settings.secrets / "hash_key").read_text()
    monkeypatch.setenv("HOTLINE_HASH_KEY", OTHER)
    with pytest.raises(HotlineError, match="HOTLINE_HASH_KEY is not the de-identification key"):
        Loader(settings)
    monkeypatch.setenv("HOTLINE_HASH_KEY", own)
    (settings.secrets / "hash_key").write_text(OTHER)
    Loader(settings)  # the environment goes before the file
    monkeypatch.delenv("HOTLINE_HASH_KEY")
    with pytest.raises(HotlineError, match="is not the de-identification key"):
        Loader(settings)
    assert len(raw_rows(settings)) == 1


def test_an_installation_from_before_gets_its_fingerprint_once(settings, capsys):
    Loader(settings).load(deliver(settings, ticket_table({})))
    (settings.ledger / FINGERPRINT).unlink()
    capsys.readouterr()
    Loader(settings)
    assert "noted the fingerprint" in capsys.readouterr().err
    Loader(settings)
    assert capsys.readouterr().err == ""


def test_a_dry_run_makes_no_key(settings):
    entry, _ = Loader(settings, dry_run=True).load(deliver(settings, ticket_table({})))
    assert entry.rows_loaded == 1
    assert not settings.secrets.exists() and not settings.ledger.exists()


# names of files --------------------------------------------------------------------------------------


HOSTILE = "tickets-\x1b[2K\x1b[1Aok \u202evsc.\u2028[red]13912345678.csv"


def test_a_file_name_is_kept_masked_and_harmless_and_its_file_known_again(settings):
    delivery = deliver(settings, ticket_table({}), name=HOSTILE)
    entry, _ = Loader(settings).load(delivery)
    assert entry.file_name == "tickets-\\x1b[2K\\x1b[1Aok \\u202evsc.\\u2028[red][号码].csv"
    assert raw_rows(settings, "_file_name") == [(entry.file_name,)]
    assert list(arrivals.pending([delivery], ledger.read(settings.ledger))) == []
    other = deliver(settings, ticket_table({"诉求内容": "另一"}), name=HOSTILE.replace("5678", "5679"))
    moment = delivery.path.stat().st_mtime
    os.utime(other.path, (moment, moment))
    assert list(arrivals.pending([delivery, other], ledger.read(settings.ledger))) == [other]


def test_a_rejected_files_message_names_nobody_and_is_written_once(settings):
    delivery = deliver(settings, "电话13912345678,姓名\n1,2\n", name="tickets-13912345678.csv")
    entry, is_new = Loader(settings).load(delivery)
    assert entry.status == "rejected" and is_new
    assert PHONE not in everything(settings) and "13912345678" not in entry.message + entry.message_zh
    assert Loader(settings).load(delivery)[1] is False


def test_a_folder_or_file_name_forges_no_line_and_names_nobody(settings):
    delivery = deliver(settings, "x", name="tickets\nok.csv", sender="13912345678\n")
    entry, _ = Loader(settings).load(delivery)
    assert (entry.platform_code, entry.file_name, entry.status) == ("[号码]\\x0a", "tickets\\x0aok.csv", "rejected")
    assert "\nok" not in entry.message and PHONE not in everything(settings)
    assert not [path for path in settings.ledger.rglob("*") if PHONE in path.name]
    assert list(arrivals.pending([delivery], ledger.read(settings.ledger))) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("工单-沈阳.csv", "工单-沈阳.csv"), ("a\x1b[31mb", "a\\x1b[31mb"), ("a\nb\rc", "a\\x0ab\\x0dc"), ("\x9b2J", "\\x9b2J"),
        ("\u202e\u2066\u200b", "\\u202e\\u2066\\u200b"), ("\u2028\u2029", "\\u2028\\u2029"),
        (os.fsdecode(b"\xb9\xa4\xb5\xa5.csv"), "\\xb9\\xa4\\xb5\\xa5.csv"), ("\ud800", "\\ud800"), ("\U000e0041", "\\U000e0041"),
        ("\ufffe\uffff", "\\ufffe\\uffff"), ("\ufdd0\U0001fffe", "\\ufdd0\\U0001fffe"), ("\ufdcf\ufffd", "\ufdcf\ufffd"),
    ],
)  # fmt: skip
def test_what_a_terminal_would_act_upon_is_written_out(text, shown):
    assert printable(text) == shown
    printable(text).encode()


# links -----------------------------------------------------------------------------------------------


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "elsewhere" / "tickets.csv"
    path.parent.mkdir()
    path.write_text(ticket_table({"诉求内容": "别处的文件"}), "utf-8")
    return path


@pytest.mark.parametrize("kind", ["file", "day", "sender", "fifo", "socket", "folder", "dangling"])
def test_what_is_no_file_is_answered_and_never_opened(settings, secret_file, kind):
    path = settings.landing / "210100" / "2024-09-14" / "tickets.csv"
    if kind in {"day", "sender"}:
        link = path.parent if kind == "day" else path.parents[1]
        link.parent.mkdir(parents=True)
        target = secret_file.parent if kind == "day" else secret_file.parents[1]
        if kind == "sender":
            secret_file.parent.rename(target / "2024-09-14")
        link.symlink_to(target)
    else:
        path.parent.mkdir(parents=True)
        match kind:
            case "file":
                path.symlink_to(secret_file)
            case "dangling":
                path.symlink_to(secret_file.with_name("none"))
            case "fifo":
                os.mkfifo(path)
            case "folder":
                path.mkdir()
            case _:
                with socket.socket(socket.AF_UNIX) as server, chdir(path.parent):  # the address of a socket is short
                    server.bind(path.name)
    (found,) = find_deliveries(settings.landing, list(CONTRACTS))
    assert found.fault is not None
    assert Loader(settings).load(found)[0].status == "rejected"
    assert list(arrivals.deliveries("210100", "2024-09-14", "2024-09-14", settings)) == []
    entry, _ = Loader(settings).load(Delivery(path, "210100", date(2024, 9, 14), "tickets"))
    assert entry.status == "rejected"
    assert "别处的文件" not in everything(settings)


def test_a_link_laid_after_the_look_is_not_followed(settings, secret_file, tmp_path):
    delivery = deliver(settings, ticket_table({}))
    stop = threading.Event()

    def swap():
        link, whole = tmp_path / "link", delivery.path.read_bytes()
        while not stop.is_set():
            link.symlink_to(secret_file)
            link.replace(delivery.path)
            link.write_bytes(whole)
            link.replace(delivery.path)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        seen = set()
        for _ in range(2000):
            try:
                descriptor = opening.open_file(delivery.path)
            except OSError as error:
                seen.add(type(error))
                continue
            with os.fdopen(descriptor, encoding="utf-8") as file:
                assert "别处的文件" not in file.read()
                seen.add("read")
    finally:
        stop.set()
        swapping.join()
    assert seen >= {"read", opening.NotAFile}


def test_the_check_file_may_be_no_link_either(settings, secret_file):
    delivery = deliver(settings, ticket_table({}))
    delivery.path.with_name("tickets.csv.check").symlink_to(secret_file)
    entry, _ = Loader(settings).load(delivery)
    assert entry.status == "rejected"
