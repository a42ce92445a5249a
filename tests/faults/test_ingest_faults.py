"""What must not lose a row: damaged bytes, killed processes, full disks, two runs at once, clocks that go back."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from ticket_files import HEADER, deliver, raw_rows, ticket_table

from hotline.ingest import ledger
from hotline.ingest.load import Loader
from hotline.settings import Settings

INGEST = [sys.executable, "-c", "from hotline.cli import main; main()", "ingest", "--json"]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Settings and one loader for many files: each file of a test is told apart by its content."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HOTLINE_VAR", str(tmp_path_factory.mktemp("hostile") / "var"))
    home = Settings.from_environment()
    yield home, Loader(home)
    patch.undo()


def hostile_files(count):
    """The same ``count`` examples on every run, each a file; without shrinking, which would load hundreds more."""
    phases = (Phase.explicit, Phase.generate)
    return profile(
        max_examples=count, phases=phases, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


def rows_kept(layer, entry):
    pattern = layer / entry.feed / f"dt={entry.dt}" / f"platform={entry.platform_code}"
    path = pattern / ledger.parquet_name(entry.content_hash, entry.judgement)
    return duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall()[0][0] if path.exists() else 0


def assert_nothing_lost(home, entry):
    if entry.rows_quarantined is None:  # a file that could not be read: its rows are unknown, and none is loaded
        assert (entry.status, entry.rows_loaded) == ("rejected", 0)
    else:
        assert entry.rows_in == entry.rows_loaded + entry.rows_quarantined
    assert rows_kept(home.raw, entry) == entry.rows_loaded
    if entry.message:
        assert "remedy: " in entry.message
    else:
        assert rows_kept(home.quarantine, entry) == entry.rows_quarantined
        assert (entry.rows_quarantined > 0) == bool(entry.reasons)


@pytest.mark.slow
@hostile_files(60)
@given(st.lists(st.fixed_dictionaries({name: st.text(max_size=40) for name in HEADER[:10]}), max_size=6))
def test_any_text_in_any_column_is_a_row_in(hostile, rows):
    home, loader = hostile
    # what a CSV writer would not put into a file as one record's text
    rows = [{name: text.replace("\r", "").replace("\0", "") for name, text in row.items()} for row in rows]
    content = ticket_table(*rows).encode("utf-8", "replace")
    entry, _ = loader.load(deliver(home, content))
    assert_nothing_lost(home, entry)
    assert entry.rows_in == len(rows) or entry.message


@pytest.mark.slow
@hostile_files(100)
@given(
    data=st.data(),
    damage=st.sampled_from(["flip", "cut", "insert", "repeat"]),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_damaged_bytes_never_crash_and_never_lose_a_row(hostile, data, damage, encoding):
    home, loader = hostile
    content = bytearray(ticket_table({}, {}, {"办结意见": "已联系。\n已退费。"}).encode(encoding))
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(1, 40))
    match damage:
        case "flip":
            content[start] ^= data.draw(st.integers(1, 255))
        case "cut":
            del content[start : start + length]
        case "insert":
            content[start:start] = data.draw(st.binary(min_size=1, max_size=length))
        case "repeat":
            content[start:start] = content[start : start + length * 20]
    entry, _ = loader.load(deliver(home, bytes(content)))
    assert_nothing_lost(home, entry)


@pytest.mark.slow
@hostile_files(60)
@given(content=st.binary(max_size=400), suffix=st.sampled_from(["csv", "csv.gz", "xlsx", "ndjson", "txt"]))
def test_any_bytes_under_any_suffix_are_answered(hostile, content, suffix):
    home, loader = hostile
    entry, _ = loader.load(deliver(home, content, f"tickets.{suffix}"))
    assert_nothing_lost(home, entry)
    assert entry.rows_loaded == 0


def many_rows(count):
    whole = ticket_table({})
    header, row = whole.splitlines()
    number = row.split(",")[0]
    return (
        "\n".join([header, *(row.replace(number, f"JT210100{20240912}{index:08d}") for index in range(count))]) + "\n"
    )


def test_a_killed_run_leaves_nothing_half_visible_and_the_next_completes(settings):
    deliver(settings, many_rows(300_000))
    process = subprocess.Popen(INGEST, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    scratch, deadline = settings.var / "tmp", time.monotonic() + 60
    while not list(scratch.glob("ingest-*/good.parquet")):  # in the middle of the file
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(scratch.glob("ingest-*"))
    assert not list(settings.ledger.rglob("*.json"))
    assert raw_rows(settings) == []
    summary = json.loads(subprocess.run(INGEST, check=True, capture_output=True, text=True).stdout)
    assert summary["rows_loaded"] == 300_000
    assert len(raw_rows(settings, "ticket_no")) == 300_000
    assert not list(scratch.glob("ingest-*")), "what the killed run left is swept"


def test_two_runs_at_once_give_what_one_gives(settings):
    for sender in ("210100", "210200", "210300"):
        content = many_rows(20_000).replace("JT210100", f"JT{sender}").replace(",210100,", f",{sender},")
        deliver(settings, content, sender=sender)
    runs = [subprocess.Popen(INGEST, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for run in runs:
        out, err = run.communicate()
        assert run.returncode == 0, err
        assert json.loads(out)["rows_loaded"] == 60_000
    entries = list(ledger.read(settings.ledger))
    assert len(entries) == 3
    keys = raw_rows(settings, "count(distinct ticket_no) over (), caller_key")
    assert len(keys) == keys[0][0] == 60_000
    assert len({key for _, key in keys}) == 1, "both runs used one de-identification key"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_full_disk_is_named_and_nothing_is_recorded(small_disk, tmp_path, monkeypatch):
    landing = Settings(home=Settings.from_environment().home, var=tmp_path / "delivered")
    letters = str.maketrans("0123456789", "ghijklmnop")  # text without digits costs no masking
    rows = [{"诉求内容": os.urandom(400).hex().translate(letters)} for _ in range(30_000)]  # 12 MB however compressed
    deliver(landing, ticket_table(*rows))
    monkeypatch.setenv("HOTLINE_VAR", str(small_disk))
    settings = Settings.from_environment()
    run = subprocess.run([*INGEST[:-1], str(landing.landing)], capture_output=True, text=True)
    assert run.returncode == 1
    assert "nothing of this file was taken" in run.stderr
    assert "Traceback" not in run.stderr
    assert not list(settings.ledger.rglob("*.json"))
    assert raw_rows(settings) == []
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    subprocess.run([*INGEST[:-1], str(landing.landing)], check=True, capture_output=True)
    assert len(raw_rows(settings, "ticket_no")) == 30_000


@pytest.mark.parametrize("moment", ["1999-12-31 23:59:59", "2038-01-19 03:14:08"])
def test_a_clock_that_is_wrong_changes_nothing_but_the_time_recorded(settings, moment):
    delivery = deliver(settings, ticket_table({}))
    stamp = datetime.fromisoformat(moment + "+08:00").timestamp()
    os.utime(delivery.path, (stamp, stamp))
    entry, _ = Loader(settings).load(delivery)
    assert entry.status == "loaded"
    if stamp < time.time():
        assert str(entry.delivered_at) == moment
    else:  # nothing that is here comes later
        assert timedelta(0) <= entry.ingested_at - entry.delivered_at < timedelta(minutes=1)
    again, is_new = Loader(settings).load(delivery)
    assert not is_new
    assert again.rows_loaded == 1
