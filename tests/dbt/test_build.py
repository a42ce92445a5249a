"""``hotline build`` against small raw layers of its own: what breaks it, and how it says so."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from ledger_entries import write_entry

from hotline import build
from hotline.settings import Settings

HOME = Path(__file__).resolve().parents[2]
HOTLINE = HOME / ".venv" / "warehouse" / "bin" / "hotline"
SMALL = ("--select", "+fct_feed_delivery", "--select", "+assert_ledger_raw_quarantine_and_warehouse_agree", "--json")


def hotline(var: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    environment = os.environ | {"HOTLINE_VAR": str(var)}
    return subprocess.run(
        [HOTLINE, *arguments], env=environment, capture_output=True, text=True, check=False, **options
    )


@pytest.fixture(scope="module")
def var(project, tmp_path_factory):
    """A landing folder without files, ingested: the raw layer has its empty feeds and nothing else."""
    folder = tmp_path_factory.mktemp("var")
    (folder / "landing").mkdir()
    with project.at(folder) as link:  # so that dbt, a process of its own here, need not parse everything
        done = hotline(link, "ingest", "--json")
        assert done.returncode == 0, done.stderr
        yield link


def test_nothing_ingested_is_said_with_its_remedy(var):
    done = hotline(var, "build")
    assert done.returncode == 1
    assert "nothing has been ingested yet" in done.stderr
    assert "remedy: hotline ingest" in done.stderr


@pytest.mark.slow
def test_a_small_build_ends_with_one_line_of_json_and_leaves_no_log_behind(var):
    write_entry(var)
    done = hotline(var, "build", *SMALL)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    summary = json.loads(line)
    assert summary["statuses"]["success"] == 6  # a seed, three models, and the build itself is begun and ended
    assert summary["database"] == str(var / "build" / "hotline.duckdb")
    left = {path.name for path in (var / "build").iterdir() if path.is_file()}
    assert left == {"hotline.duckdb", "state.json", ".lock"}, "no write-ahead log"
    assert "OK created sql table model marts.fct_feed_delivery" in done.stderr  # progress as it goes
    with duckdb.connect(summary["database"], read_only=True) as connection:
        assert connection.execute("select platform_code, reasons from marts.fct_feed_delivery").fetchall() == [
            ("210100", '{"file:sha256":1}')
        ]


DAMAGES = [b"", b'{"feed": "tickets",', b"[]", b'{"rows_in": "two"}', b"\xff\xfe{}", None]


@pytest.mark.slow
def test_damaged_ledger_entries_stop_no_build_and_are_told(var):
    write_entry(var)
    damaged = {write_entry(var, f"tickets-damaged-{number}"): damage for number, damage in enumerate(DAMAGES)}
    for entry, damage in damaged.items():
        if damage is None:  # in every way an entry but for its sum
            damage = damaged[entry] = entry.read_bytes().replace(b'"rows_in": 1', b'"rows_in": 4')
            assert damage != entry.read_bytes()
        entry.write_bytes(damage)
    done = hotline(var, "build", *SMALL)
    assert done.returncode == 0, done.stderr
    assert f"{len(DAMAGES)} damaged ledger entries set aside (*.damaged): run `hotline ingest`" in done.stderr
    for entry, damage in damaged.items():
        assert not entry.exists() and entry.with_name(f"{entry.name}.damaged").read_bytes() == damage


def test_of_one_damaged_entry_it_is_told_as_of_one(var, capsys):
    write_entry(var, "tickets-damaged").write_bytes(b"")
    build.set_damaged_aside(Settings(home=HOME, var=var))
    assert "1 damaged ledger entry set aside (*.damaged): run `hotline ingest`" in capsys.readouterr().err


def test_every_model_builds_from_feeds_without_a_row(empty_warehouse):
    with duckdb.connect(str(empty_warehouse / "build" / "hotline.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_ticket").fetchone() == (0,)
        assert connection.execute("select count(*) from marts.mart_rate_integrity").fetchone() == (0,)
        assert connection.execute("select count(*) from marts.dim_platform").fetchone() == (15,)
        untyped = "select table_name, column_name from information_schema.columns where data_type ilike '%null%'"
        assert connection.execute(untyped).fetchall() == []


@pytest.mark.slow
def test_every_data_test_holds_on_feeds_without_a_row(project, empty_warehouse):
    """Hundreds of queries; in a copy, because a test run writes its results."""
    statuses = project.run(empty_warehouse, "test", "--exclude", "tag:quality", "--exclude", "test_type:unit")
    planned = [
        node
        for node in project.manifest.nodes.values()
        if node.resource_type == "test"
        and not {"model.hotline.quality_check", "model.hotline.mart_build"} & set(node.depends_on.nodes)
    ]
    assert statuses == {"pass": len(planned), "success": 2}  # the hooks that begin and end a build


def test_each_column_that_is_never_null_is_looked_at(project, empty_warehouse, tmp_path):
    var = tmp_path / "var"
    (var / "build").mkdir(parents=True)
    database = shutil.copyfile(empty_warehouse / "build" / "hotline.duckdb", var / "build" / "hotline.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("insert into seeds.channels by name select null as code, 'x' as name_en from range(2)")
    results = project.invoke(var, "test", "--select", "channels,test_name:never_null").result
    (result,) = (result for result in results if result.node.resource_type == "test")  # the others are hooks
    assert (str(result.status), result.failures) == ("fail", 2)
    with duckdb.connect(str(database)) as connection:
        found = connection.execute(result.node.compiled_code).fetchall()
    assert sorted(found) == [("code", 2), ("name_zh", 2)]


@pytest.mark.slow
def test_broken_data_end_with_code_3_and_the_name_of_the_test(var):
    write_entry(var, rows_loaded=1, rows_quarantined=0, status="loaded", reasons={})  # raw holds no such row
    done = hotline(var, "build", *SMALL)
    assert done.returncode == 3
    assert "assert_ledger_raw_quarantine_and_warehouse_agree: Got 1 result" in done.stderr
    assert "rule = " in done.stderr, "the first rows that it finds"
    assert done.stdout == ""


def test_a_locked_file_ends_with_code_4(var):
    write_entry(var)
    holder = subprocess.Popen(
        [HOTLINE.with_name("python"), "-c",
         "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(120)",
         var / "build" / "hotline.duckdb"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "held\n"
        done = hotline(var, "build", *SMALL)
    finally:
        holder.kill()
        holder.communicate()
    assert done.returncode == 4
    assert "lock" in done.stderr


@pytest.mark.slow
def test_dbt_dies_with_the_command(var):
    """A killed build must not leave dbt behind: it would hold the lock and fail every retry."""
    write_entry(var)
    environment = os.environ | {"HOTLINE_VAR": str(var)}
    running = subprocess.Popen([HOTLINE, "build", "--full-refresh"], env=environment, stderr=subprocess.PIPE, text=True)
    assert "Running with dbt" in running.stderr.readline()
    (child,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text(encoding="ascii").split()
    running.kill()
    running.communicate()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(child):
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
