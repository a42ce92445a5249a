"""What need not be kept any longer goes, whole; everything else stays, whatever lies beside it."""

import dataclasses
import hashlib
import json
import os
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.housekeep.command import housekeep
from hotline.housekeep.retention import Retention
from hotline.ingest import ledger
from hotline.settings import TIMEZONE, Settings

KEPT = 400
"""Days of ``landing`` in deploy/retention.yaml."""
NOBODY = 65534


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


@pytest.fixture
def unprivileged(monkeypatch):
    """An installation whose rights hold: root may do everything, so somebody else does it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("HOTLINE_VAR", f"{folder}/var")
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Settings.from_environment()
        finally:
            if is_root:
                os.seteuid(0)


def now():
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None)


def later(days=KEPT, **more):
    """A moment so many days from now, and an hour."""
    return now() + timedelta(days=days, hours=1, **more)


def ingest(*arguments):
    done = CliRunner().invoke(cli, ["ingest", "--json", *arguments])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def kept(settings, when=None, dry_run=False):
    """Outcomes by kind."""
    found = housekeep(settings, Retention.of(settings), when or later(), dry_run)
    return {outcome.kind: outcome for outcome in found}


def landed(settings):
    return sorted(str(path.relative_to(settings.landing)) for path in settings.landing.rglob("*") if not path.is_dir())


def written(path: Path, text="x", days_ago=0.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    when = now().timestamp() - days_ago * 86400
    os.utime(path, (when, when))
    return path


# delivered files ------------------------------------------------------------------------------------------------


def test_a_delivered_file_goes_with_its_check_file_once_its_rows_are_old(settings):
    path = deliver(settings, ticket_table({})).path
    content = path.read_bytes()
    check = path.with_name("tickets.csv.check")
    check.write_text(json.dumps({"rows": 1, "sha256": hashlib.sha256(content).hexdigest()}))
    assert ingest()["rows_loaded"] == 1
    size = path.stat().st_size + check.stat().st_size
    dry = kept(settings, dry_run=True)["landing"]
    assert (dry.seen, dry.gone, dry.bytes, dry.failed) == (1, 2, size, [])
    assert landed(settings), "a dry run removes nothing"
    assert kept(settings)["landing"] == dry
    assert not path.parent.exists() and path.parent.parent.is_dir(), (
        "the folder of the day goes, that of the sender stays"
    )
    again = kept(settings)["landing"]
    assert (again.seen, again.gone, again.failed) == (0, 0, [])
    assert ingest() | {"files": 0} == ingest(), "nothing is missed by the next run"


@pytest.mark.parametrize("moment", [now, lambda: later(KEPT - 1), lambda: now() - timedelta(hours=1)])
def test_a_file_that_is_younger_than_the_rule_stays_and_so_do_all_when_the_clock_goes_back(settings, moment):
    deliver(settings, ticket_table({}))
    ingest()
    assert kept(settings, moment())["landing"].gone == 0
    assert len(landed(settings)) == 1


def test_the_time_that_a_sender_sets_ages_no_file(settings):
    path = deliver(settings, ticket_table({})).path
    os.utime(path, (0, 0))
    ingest()
    assert kept(settings, later(1))["landing"].gone == 0
    path.touch()
    os.utime(path, (4e9, 4e9))
    assert kept(settings)["landing"].gone == 1


def test_the_same_bytes_sent_again_begin_to_age_anew(settings):
    deliver(settings, ticket_table({}))
    ingest()
    (entry,) = _entries(settings)
    for path in settings.ledger.glob("dt=*/*/*.json"):
        path.unlink()
    ledger.write(settings.ledger, dataclasses.replace(entry, ingested_at=now() - timedelta(days=KEPT + 1)))
    assert kept(settings, now())["landing"].gone == 0
    assert kept(settings)["landing"].gone == 1


def test_a_file_that_nobody_has_taken_stays(settings):
    written(settings.landing / "notes")
    deliver(settings, ticket_table({}))
    ingest()
    unanswered = deliver(settings, ticket_table({"业务类型": "咨询"}), name="tickets-2.csv").path
    rejected = deliver(settings, "a,b\n1,2\n", name="callbacks.csv").path
    ingest("--sender", "210200")
    assert kept(settings)["landing"].gone == 1
    assert landed(settings) == [
        *sorted(str(path.relative_to(settings.landing)) for path in (unanswered, rejected)),
        "notes",
    ]
    ingest()
    assert rejected.name in [Path(name).name for name in landed(settings)]
    assert kept(settings)["landing"].failed == []
    assert landed(settings) == [str(rejected.relative_to(settings.landing)), "notes"], "nothing of these is in raw"


def test_a_file_that_was_replaced_after_it_was_taken_stays(settings):
    path = deliver(settings, ticket_table({})).path
    ingest()
    path.write_text(ticket_table({"业务类型": "咨询"}), encoding="utf-8")
    assert kept(settings)["landing"].gone == 0
    assert path.is_file()


def test_a_delivered_file_stays_while_raw_has_lost_its_rows(settings):
    path = deliver(settings, ticket_table({})).path
    ingest()
    (rows,) = settings.raw.glob("tickets/dt=2*/*/*.parquet")
    rows.unlink()
    assert kept(settings)["landing"].gone == 0
    assert path.is_file()
    ingest("--again")
    assert kept(settings)["landing"].gone == 1


def test_a_file_without_its_entry_stays(settings):
    deliver(settings, ticket_table({}))
    ingest()
    (entry,) = settings.ledger.glob("dt=*/*/*.json")
    entry.write_text(entry.read_text(encoding="utf-8")[:-9], encoding="utf-8")  # damaged: taken anew by the next ingest
    assert kept(settings)["landing"].gone == 0


def test_no_link_in_the_landing_folder_is_followed(settings, tmp_path):
    path = deliver(settings, ticket_table({})).path
    ingest()
    elsewhere = tmp_path / "elsewhere" / "2024-09-14"
    elsewhere.mkdir(parents=True)
    path.rename(elsewhere / "tickets.csv")
    path.symlink_to(elsewhere / "tickets.csv")  # a file
    (settings.landing / "210100" / "2024-09-13").symlink_to(elsewhere)  # a day
    ledger.write(settings.ledger, dataclasses.replace(next(_entries(settings)), dt=date(2024, 9, 13)))
    (settings.landing / "210200").symlink_to(elsewhere.parent)  # a sender
    ledger.write(settings.ledger, dataclasses.replace(next(_entries(settings)), platform_code="210200"))
    assert kept(settings)["landing"].gone == 0
    assert (elsewhere / "tickets.csv").is_file() and path.is_symlink()


def _entries(settings):
    return filter(None, map(ledger.load, sorted(settings.ledger.glob("dt=*/*/*.json"))))


def test_after_an_interrupted_removal_the_next_run_goes_on(settings):
    path = deliver(settings, ticket_table({})).path
    check = path.with_name("tickets.csv.check")
    check.write_text(json.dumps({"rows": 1, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}))
    ingest()
    check.unlink()  # as far as a killed run has come
    assert ingest()["unchanged"] == 1, "the file is what it was"
    assert kept(settings)["landing"].gone == 1
    assert landed(settings) == []


def test_a_file_that_may_not_be_removed_is_named_and_the_others_go(unprivileged):
    settings = unprivileged
    first = deliver(settings, ticket_table({})).path
    second = deliver(settings, ticket_table({}), day=date(2024, 9, 15)).path
    ingest()
    second.chmod(0o400)  # read-only, which is no hindrance: the folder is what counts
    first.parent.chmod(0o500)
    found = kept(settings)["landing"]
    assert (found.gone, first.exists(), second.exists()) == (1, True, False)
    assert found.failed == [f"{first}: Permission denied"]
    first.parent.chmod(0o700)
    assert kept(settings)["landing"].failed == [] and not first.exists()


# what is kept always, logs and caches ---------------------------------------------------------------------------


def test_what_a_build_or_an_audit_needs_stays_for_ever(settings):
    deliver(settings, ticket_table({}, {"业务类型": "闲聊"}))
    ingest()
    for kind in ("audit", "quality", "reports"):
        written(settings.var / kind / "2020" / "old.json", days_ago=3000)
    before = sorted(path for path in settings.var.rglob("*") if settings.landing not in path.parents)
    found = kept(settings, later(30000))
    assert [found[kind].gone for kind in ("raw", "quarantine", "ledger", "audit", "quality", "reports")] == [0] * 6
    assert found["ledger"].seen == 2, "the entry, and the mark of the key"
    assert found["raw"].seen > 0 and found["quarantine"].seen == 1
    assert sorted(path for path in settings.var.rglob("*") if settings.landing not in path.parents) == before


def test_old_logs_and_caches_go_and_the_folders_that_this_empties(settings, tmp_path):
    logs, cache = settings.var / "airflow" / "logs", settings.var / "superset" / "cache"
    old = written(logs / "dag_id=a" / "run_id=1" / "task_id=t" / "attempt=1.log", "12345", days_ago=191)
    young = written(logs / "dag_id=a" / "run_id=2" / "task_id=t" / "attempt=1.log", days_ago=189)
    answer = written(cache / "filter" / "abc", days_ago=32)
    fresh = written(cache / "filter" / "def", days_ago=30)
    target = written(tmp_path / "elsewhere" / "precious", days_ago=999)
    (logs / "latest").symlink_to(target.parent)
    (logs / "link.log").symlink_to(target)
    found = kept(settings, now())
    assert (found["task_logs"].seen, found["task_logs"].gone, found["task_logs"].bytes) == (2, 1, 5)
    assert not (logs / "dag_id=a" / "run_id=1").exists() and young.exists() and not old.exists()
    assert (found["superset_cache"].gone, answer.exists(), fresh.exists()) == (1, False, True)
    assert target.exists() and (logs / "link.log").is_symlink()
    assert kept(settings, now())["task_logs"].gone == 0


def test_a_folder_that_is_a_link_is_left_alone_and_said(settings, tmp_path):
    precious = written(tmp_path / "elsewhere" / "precious.log", days_ago=999)
    (settings.var / "airflow").mkdir(parents=True)
    (settings.var / "airflow" / "logs").symlink_to(precious.parent)
    found = kept(settings, now())["task_logs"]
    assert precious.exists() and "is a link" in found.note


def test_the_access_log_is_kept_as_long_as_its_own_setting_says(settings):
    log = settings.access_log
    old, young = (written(log / f"{now().date() - timedelta(days=days)}.jsonl", "{}\n") for days in (191, 190))
    assert kept(settings, now())["access_log"].gone == 1
    assert young.exists() and not old.exists()


# the command ----------------------------------------------------------------------------------------------------


def test_the_command_ends_with_code_4_names_what_failed_and_does_the_rest(unprivileged):
    logs = unprivileged.var / "airflow" / "logs"
    stuck, gone = (written(logs / name / "a.log", days_ago=500) for name in ("stuck", "gone"))
    stuck.parent.chmod(0o500)
    done = CliRunner().invoke(cli, ["housekeep", "--json"])
    assert not gone.exists() and stuck.exists()
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["failed"], told["bytes"], told["dry_run"]) == (1, 1, False)
    assert done.exception.exit_code == 4 and str(stuck) in str(done.exception)


def test_a_dry_run_says_so_and_changes_nothing(settings):
    old = written(settings.var / "airflow" / "logs" / "a.log", days_ago=500)
    done = CliRunner().invoke(cli, ["housekeep", "--dry-run"])
    assert done.exit_code == 0 and old.exists()
    assert "1 would go (1 bytes)" in done.output and "1 bytes would be freed" in done.output
