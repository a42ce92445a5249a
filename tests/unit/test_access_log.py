"""The access log: one line an event, whatever stands in it, whoever else writes."""

import json
import multiprocessing
from datetime import date

import pytest
from click.testing import CliRunner

from hotline.access import command
from hotline.access_log import AccessLog, plain, without_numbers


@pytest.fixture
def log(tmp_path):
    return AccessLog(tmp_path / "log" / "access", keep_days=190)


def events(log):
    return list(log.read(date.min, date.max))


def test_an_event_is_one_private_line_with_local_time(log):
    log.write("superset", "export", account="auditor", address="10.0.0.1", rows=3, chart=None)
    (path,) = log.files()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    (event,) = events(log)
    assert event["time"].endswith("+08:00") and event["time"][:10] == path.stem
    assert {name: event[name] for name in event if name != "time"} == {
        "service": "superset",
        "action": "export",
        "account": "auditor",
        "address": "10.0.0.1",
        "rows": 3,
    }


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\x1b[2Jb", "a\x9b31mb", "a\u202eb", "a\u2028b", "\udc80", "a\u200bb", '"}\n{"']
)
def test_nothing_that_a_request_states_forges_a_line_or_a_terminal(log, text):
    log.write("superset", "denied", account=None, address="10.0.0.1", dashboard=text)
    (path,) = log.files()
    raw = path.read_text(encoding="utf-8")
    assert raw.count("\n") == 1 and len(raw.splitlines()) == 1
    assert raw == plain(raw[:-1]) + "\n"
    assert events(log)[0]["dashboard"] == text


def test_a_chinese_name_stays_readable(log):
    log.write("superset", "chart data", account="a", address="", chart="受理工单")
    assert "受理工单" in log.files()[0].read_text(encoding="utf-8")


def test_files_are_kept_for_their_days_and_nothing_else_is_touched(log):
    log.folder.mkdir(parents=True)
    for name in ("2026-01-01.jsonl", "2026-01-02.jsonl", "2026-07-11.jsonl", "notes.jsonl", "2020-01-01.txt"):
        (log.folder / name).write_text("")
    assert log.sweep(date(2026, 7, 11)) == ["2026-01-01.jsonl"]
    assert log.sweep(date(2026, 7, 12)) == ["2026-01-02.jsonl"]
    assert {path.name for path in log.folder.iterdir()} == {"2026-07-11.jsonl", "notes.jsonl", "2020-01-01.txt"}


def test_writing_sweeps_what_is_too_old(log):
    log.folder.mkdir(parents=True)
    (log.folder / "2020-01-01.jsonl").write_text("{}\n")
    log.write("superset", "login", account="a", address="")
    assert len(log.files()) == 1


def write_many(folder, worker):
    log = AccessLog(folder, 190)
    for number in range(200):
        log.write("superset", "chart data", account=f"w{worker}", address="10.0.0.1", number=number, text="x" * 500)


def test_processes_write_at_once_without_mixing_lines(log):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=write_many, args=(log.folder, worker)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = events(log)
    assert len(found) == 800
    assert {(event["account"], event["number"]) for event in found} == {
        (f"w{worker}", number) for worker in range(4) for number in range(200)
    }


def test_a_link_in_place_of_the_file_is_not_followed(log, tmp_path):
    log.write("superset", "login", account="a", address="")
    path = log.files()[0]
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        log.write("superset", "login", account="a", address="")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("select 1 where phone = '13800138000'", "select 1 where phone = '*******'"),
        ("… like '%138 0013-8000%'", "… like '%*******%'"),
        ("… = 210102199001011234", "… = *******"),
        ("… where month = '2024-09-01' limit 10000", "… where month = '2024-09-01' limit 10000"),
    ],
)
def test_a_statement_is_kept_without_telephone_and_identity_numbers(sql, kept):
    assert without_numbers(sql) == kept


def test_a_long_statement_is_cut_and_its_length_told():
    assert without_numbers("x" * 5000).endswith("… (5000 characters)")


# the reader


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    log = AccessLog(tmp_path / "log" / "access", 190)
    log.write("superset", "login", account="auditor", address="10.0.0.1")
    log.write("superset", "export", account="auditor", address="10.0.0.1", status=200, rows=42, dataset="fct_ticket")
    log.write("superset", "denied", account="shenyang", address="10.0.0.2", status=403, door="\x1b[2J")
    return lambda *arguments: CliRunner().invoke(command, arguments, catch_exceptions=False).output


def test_the_reader_lists_the_day(run):
    lines = run().splitlines()
    assert len(lines) == 3
    assert "auditor" in lines[1] and "42 rows" in lines[1] and "fct_ticket" in lines[1]
    assert "\x1b" not in run()


def test_the_reader_chooses_by_account_and_action(run):
    assert len(run("--account", "Auditor").splitlines()) == 2
    assert [json.loads(line)["rows"] for line in run("--action", "export", "--json").splitlines()] == [42]


def test_a_day_without_events_says_which_days_there_are(run):
    assert "no such event" in run("--day", "2020-01-01") and "kept are" in run("--day", "2020-01-01")


def test_a_damaged_line_is_told_and_the_others_are_read(run, tmp_path):
    (path,) = (tmp_path / "log" / "access").glob("*.jsonl")
    with path.open("a") as file:
        file.write('{"time": "20\n[1]\n')
    assert run().count("damaged") == 2 and len(run().splitlines()) == 5
