"""A backup that was proven is enough to start from elsewhere, and what is not enough is told before it is needed."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from installation import Installation
from limit_rows import deliver_limits
from marts import differing
from postgres import cluster
from sqlalchemy.engine import make_url
from ticket_files import deliver, ticket_table

from hotline.backup import command, layers, metadata, sealed

DAY = date(2024, 9, 14)
TIME = 1_726_300_000
"""When the files of this test arrived: their modification time is data."""


def arrive(installed: Installation, content: str, day: date = DAY) -> None:
    path = deliver(installed.settings, content, day=day).path
    os.utime(path, (TIME, TIME))


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> dict[str, Path]:
    """Certificate and key of who may open the secrets, and a key of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("owner", "other"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "2",
             "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)  # fmt: skip
    return {"certificate": folder / "owner.pem", "key": folder / "owner.key", "other": folder / "other.key"}


@pytest.fixture
def taken_in(tmp_path) -> Installation:
    """One file in the raw layer and Airflow's SQLite file; nothing built."""
    installed = Installation.at(tmp_path / "var")
    arrive(installed, ticket_table({}, {}, {}))
    installed.done("ingest", "--json")
    (tmp_path / "var" / "airflow").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "airflow" / "airflow.db")) as connection, connection:
        connection.execute("create table pool (name text)")
        connection.execute("insert into pool values ('duckdb')")
    return installed


def back_up(installed: Installation, folder: Path, *options: object) -> Path:
    return Path(
        json.loads(installed.done("backup", str(folder), "--json", *map(str, options)).splitlines()[-1])["backup"]
    )


def another(tmp_path: Path) -> Installation:
    return Installation.at(tmp_path / "elsewhere" / "var")


def test_it_comes_back_with_its_secrets_and_goes_on(taken_in, keys, tmp_path):
    made = back_up(taken_in, tmp_path / "backups", "--seal-for", keys["certificate"])
    key = (taken_in.settings.secrets / "hash_key").read_text()
    shutil.rmtree(taken_in.settings.var)
    new = another(tmp_path)
    new.done("verify-backup", str(made))
    said = json.loads(new.done("restore", str(made), "--key", str(keys["key"]), "--json").splitlines()[-1])
    assert said["hash_key"] and said["metadata_left"] == [] and "hash_key" in said["secrets"]
    assert (new.settings.secrets / "hash_key").read_text() == key
    assert (new.settings.secrets / "hash_key").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(new.settings.var / "airflow" / "airflow.db")) as connection:
        assert connection.execute("select name from pool").fetchall() == [("duckdb",)]
    arrive(new, ticket_table({}, {}, {}))  # the same file once more: known
    arrive(new, ticket_table({"办结意见": "改过"}), date(2024, 9, 20))
    counted = json.loads(new.done("ingest", "--json").splitlines()[-1])
    assert (counted["files"], counted["unchanged"], counted["rows_loaded"]) == (2, 1, 4)


def test_without_its_key_nothing_is_taken_in(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    assert not (made / "secrets.cms").exists()
    assert not [path for path in made.rglob("*") if "hash_key" in path.name and path.suffix != ".fingerprint"]
    new = another(tmp_path)
    assert "hash_key is missing" in new("restore", str(made)).stderr
    arrive(new, ticket_table({"办结意见": "改过"}), date(2024, 9, 20))
    run = new("ingest", "--json")
    assert run.returncode != 0 and "hash_key" in run.stderr


def test_the_key_of_another_installation_is_refused(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    new = another(tmp_path)
    new.settings.secrets.mkdir(parents=True)
    (new.settings.secrets / "hash_key").write_text("ab" * 32)
    run = new("restore", str(made))
    assert run.returncode == 1 and "not the key" in run.stderr
    assert not new.settings.ledger.exists()


def test_a_wrong_key_opens_nothing(taken_in, keys, tmp_path):
    made = back_up(taken_in, tmp_path / "backups", "--seal-for", keys["certificate"])
    secret = (taken_in.settings.secrets / "hash_key").read_bytes().strip()
    assert secret not in (made / "secrets.cms").read_bytes()
    new = another(tmp_path)
    run = new("restore", str(made), "--key", str(keys["other"]))
    assert run.returncode == 1 and "cannot be opened" in run.stderr and not new.settings.ledger.exists()


def test_persons_and_delivered_files_are_not_in_it(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    assert not (made / "landing").exists()
    for path in made.rglob("*"):
        if path.is_file():
            assert b"13912345678" not in path.read_bytes(), path


def test_the_next_one_shares_what_has_not_changed(taken_in, tmp_path):
    first = back_up(taken_in, tmp_path / "backups")
    arrive(taken_in, ticket_table({"办结意见": "改过"}), date(2024, 9, 20))
    taken_in.done("ingest", "--json")
    second = another_second(taken_in, tmp_path / "backups", first)
    old, new = layers.read_manifest(first)["files"], layers.read_manifest(second)["files"]
    assert {name for name in new.keys() - old.keys()} and old.keys() <= new.keys()
    raw = [name for name in old if name.startswith("raw/") and "platform=none" not in name]  # those are written anew
    assert raw and all((first / name).samefile(second / name) for name in raw)
    shutil.rmtree(first)
    taken_in.done("verify-backup", str(second))


def another_second(installed: Installation, folder: Path, first: Path) -> Path:
    """Backups are named by the second."""
    import time

    while (made := back_up_or_none(installed, folder)) in (None, first):
        time.sleep(0.3)
    return made


def back_up_or_none(installed: Installation, folder: Path) -> Path | None:
    run = installed("backup", str(folder), "--json")
    return Path(json.loads(run.stdout.splitlines()[-1])["backup"]) if run.returncode == 0 else None


def test_only_the_newest_are_kept(taken_in, tmp_path):
    folder = tmp_path / "backups"
    first = back_up(taken_in, folder)
    second = another_second(taken_in, folder, first)
    stale = folder / "20200101T000000Z.partial"
    stale.mkdir()
    third = None
    while third is None:
        run = taken_in("backup", str(folder), "--keep", "2", "--json")
        third = Path(json.loads(run.stdout.splitlines()[-1])["backup"]) if run.returncode == 0 else None
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == [second.name, third.name]


@pytest.mark.parametrize("harm", ["changed", "lost", "added", "lost_with_its_line", "metadata"])
def test_damage_is_found(harm, taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    parquet = next(path for path in made.glob("raw/tickets/*/*/*.parquet") if "none" not in str(path.parent))
    manifest = json.loads((made / "manifest.json").read_text())
    match harm:
        case "changed":
            content = bytearray(parquet.read_bytes())
            content[len(content) // 2] ^= 1
            parquet.write_bytes(content)
        case "lost":
            parquet.unlink()
        case "added":
            (made / "raw" / "more.parquet").write_bytes(b"")
        case "lost_with_its_line":  # a copy that was consistent with itself, and not enough
            parquet.unlink()
            del manifest["files"][parquet.relative_to(made).as_posix()]
            (made / "manifest.json").write_text(json.dumps(manifest))
        case "metadata":
            (made / "metadata" / "airflow.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
            manifest["files"]["metadata/airflow.sqlite"] = vars(layers.described(made)["metadata/airflow.sqlite"])
            (made / "manifest.json").write_text(json.dumps(manifest))
    run = taken_in("verify-backup", str(made))
    assert run.returncode == 3 and "damaged" in run.stderr
    new = another(tmp_path)
    assert new("restore", str(made)).returncode == 3 and not new.settings.raw.exists()


def test_it_is_not_restored_over_data(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    run = taken_in("restore", str(made))
    assert run.returncode == 1 and "data in" in run.stderr


UNLISTED = {
    "linked folder": lambda made, out: (made / "raw" / "more").symlink_to(out),
    "link to a file": lambda made, out: (made / "audit").mkdir(exist_ok=True) or (made / "audit" / "x").symlink_to("/etc/passwd"),
    "dangling link": lambda made, out: (made / "x").symlink_to(out / "nothing"),
    "hidden folder": lambda made, out: shutil.copytree(out, made / "ledger" / ".h"),
    "hidden file": lambda made, out: shutil.copy(out / "a.json", made / "raw" / ".a.json"),
    "second manifest": lambda made, out: shutil.copy(out / "a.json", made / "raw" / "manifest.json"),
    "pipe": lambda made, out: os.mkfifo(made / "raw" / "pipe"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNLISTED)
def test_whatever_the_manifest_does_not_list_is_found_and_never_restored(what, taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.json").write_text("{}")
    UNLISTED[what](made, tmp_path / "out")
    run = taken_in("verify-backup", str(made))
    assert run.returncode == 3 and "1 faults" in run.stderr, run.stderr
    new = another(tmp_path)
    assert new("restore", str(made)).returncode == 3 and not new.settings.raw.exists()
    listed = {name.partition("/")[2] for name in layers.read_manifest(made)["files"] if name.startswith("raw/")}
    layers.put_back(made, "raw", tmp_path / "put")
    there = {
        path.relative_to(tmp_path / "put").as_posix() for path in (tmp_path / "put").rglob("*") if not path.is_dir()
    }
    assert there == listed


def test_a_link_in_the_place_of_a_listed_file_is_not_followed(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    (name, *_) = (name for name in layers.read_manifest(made)["files"] if name.startswith("raw/tickets"))
    (made / name).rename(tmp_path / "same")
    (made / name).symlink_to(tmp_path / "same")
    assert "a link" in taken_in("verify-backup", str(made)).stderr
    with pytest.raises(OSError, match="symbolic"):
        layers.put_back(made, "raw", tmp_path / "put")


def test_a_link_of_the_installation_is_not_copied(taken_in, tmp_path):
    (tmp_path / "secret").write_text("x")
    (taken_in.settings.raw / "a.parquet").symlink_to(tmp_path / "secret")
    made = back_up(taken_in, tmp_path / "backups")
    assert not [path for path in made.rglob("*") if path.name == "a.parquet"]
    taken_in.done("verify-backup", str(made))


def rotten(made: Path) -> Path:
    """A file of a backup after one bit of it was lost, its time as it was."""
    path = next(path for path in made.glob("raw/tickets/*/*/*.parquet") if "none" not in str(path.parent))
    facts, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    return path.relative_to(made)


def test_a_damaged_file_is_not_handed_on(taken_in, tmp_path):
    first = back_up(taken_in, tmp_path / "backups")
    name = rotten(first)
    run = taken_in("verify-backup", str(first))
    assert run.returncode == 3 and "run hotline backup" in run.stderr
    run = taken_in("backup", str(tmp_path / "backups"), "--json")
    while run.returncode:  # within the same second
        run = taken_in("backup", str(tmp_path / "backups"), "--json")
    said = json.loads(run.stdout.splitlines()[-1])
    second = Path(said["backup"])
    assert said["mended"] == 1 and str(name) in run.stderr and not (first / name).samefile(second / name)
    taken_in.done("verify-backup", str(second))
    third = another_second(taken_in, tmp_path / "backups", second)
    assert (third / name).samefile(second / name)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"x", None])
def test_what_is_not_its_own_neither_stops_nor_loses_by_a_backup(taken_in, tmp_path, content):
    folder = tmp_path / "backups"
    for name in ("film.partial", "holidayZ", "20990101T000000Z", "20000101T000000Z"):
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_bytes(content or b'{"format": 1, "files": {}}')
    of_somebody = {"format": 1, "hash_key_fingerprint": None, "metadata": [], "sealed": False, "files": {}}
    (folder / "holidayZ" / "manifest.json").write_text(json.dumps(of_somebody))
    made = back_up(taken_in, folder, "--keep", "1")
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == {
        "film.partial", "holidayZ", "20990101T000000Z", "20000101T000000Z", made.name,
    }  # fmt: skip


@pytest.mark.parametrize("place", ["audit/backups", "reports", "raw/x/y", "landing/backup", "link"])
def test_no_backup_is_made_inside_what_it_copies(taken_in, tmp_path, place):
    (tmp_path / "var" / "audit").mkdir(exist_ok=True)
    (tmp_path / "var" / "link").symlink_to(tmp_path / "var" / "audit")
    run = taken_in("backup", str(tmp_path / "var" / place))
    assert run.returncode == 1 and "lies in" in run.stderr and not (tmp_path / "var" / place / ".lock").exists()


@pytest.mark.parametrize("lost", layers.FACTS)
def test_a_manifest_that_lacks_a_fact_is_none(taken_in, tmp_path, lost):
    made = back_up(taken_in, tmp_path / "backups")
    said = json.loads((made / "manifest.json").read_text())
    del said[lost]
    (made / "manifest.json").write_text(json.dumps(said))
    for step in ("verify-backup", "restore"):
        run = another(tmp_path)(step, str(made))
        assert run.returncode == 1 and lost in run.stderr and "Traceback" not in run.stderr


def test_a_key_that_is_no_key_is_told(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    new = another(tmp_path)
    new.settings.secrets.mkdir(parents=True)
    (new.settings.secrets / "hash_key").write_text("no key")
    run = new("restore", str(made))
    assert run.returncode == 1 and "not a key in hexadecimal" in run.stderr and not new.settings.raw.exists()


def test_databases_that_hold_anything_are_not_replaced_without_a_word(taken_in, tmp_path):
    made = back_up(taken_in, tmp_path / "backups")
    new = another(tmp_path)
    live = new.settings.var / "airflow" / "airflow.db"
    live.parent.mkdir(parents=True)
    with closing(sqlite3.connect(live)) as connection, connection:
        connection.execute("create table users (name text)")
    before = live.read_bytes()
    run = new("restore", str(made))
    assert run.returncode == 1 and f"airflow: {live} (1 tables)" in run.stderr and live.read_bytes() == before
    assert not new.settings.raw.exists()
    run = new("restore", str(made), "--overwrite-metadata")
    assert run.returncode == 0 and f"replacing airflow: {live}" in run.stderr and live.read_bytes() != before


def test_a_rehearsal_with_the_live_database_in_its_environment_leaves_it_alone(taken_in, tmp_path, monkeypatch):
    """HOTLINE_VAR names the place of the files alone: the databases are where the servers have them."""

    def tables(address: str) -> str:
        return metadata._postgres("psql", make_url(address), "-At", "--command=select string_agg(tablename, ',') "
                                  "from pg_tables where schemaname = 'public'").strip()  # fmt: skip

    with cluster("live", "empty") as addresses:
        metadata._postgres("psql", make_url(addresses["live"]), "--command=create table pool (name text)")
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", addresses["live"])
        made = back_up(taken_in, tmp_path / "backups")
        metadata._postgres("psql", make_url(addresses["live"]), "--command=create table since (name text)")
        run = another(tmp_path)("restore", str(made))
        assert run.returncode == 1 and "/live (2 tables)" in run.stderr and "hotline:" not in run.stderr
        assert tables(addresses["live"]) in {"pool,since", "since,pool"}
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", addresses["empty"])
        another(tmp_path).done("restore", str(made))
        assert tables(addresses["empty"]) == "pool"


def test_an_entry_that_is_written_meanwhile_is_never_copied_without_its_rows(taken_in, tmp_path, monkeypatch):
    copied, calls = layers.copied, []

    def slow(source: Path, target: Path) -> layers.File:
        if not calls:
            arrive(taken_in, ticket_table({"办结意见": "改过"}), date(2024, 9, 20))
            taken_in.done("ingest", "--json")
        calls.append(source)
        return copied(source, target)

    monkeypatch.setattr(layers, "copied", slow)
    layers.copy_all(taken_in.settings, tmp_path / "copy", None)
    assert calls and layers.unbalanced(tmp_path / "copy") == []


def test_the_ledger_comes_last(taken_in, tmp_path, monkeypatch):
    """Until it is there nothing counts as taken in: a restore that broke off leaves an installation that knows of nothing."""
    made = back_up(taken_in, tmp_path / "backups")
    new = another(tmp_path)
    monkeypatch.setenv("HOTLINE_VAR", str(new.settings.var))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(metadata, "restore_all", full)
    assert CliRunner().invoke(command.restore, [str(made)]).exit_code != 0
    assert new.settings.raw.is_dir() and not new.settings.ledger.exists()


def test_a_sealed_name_that_leads_elsewhere_is_not_written(keys, tmp_path):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name in ("../evil", "sub/evil", str(tmp_path / "evil"), "hash_key"):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
    cms = subprocess.run(
        ["openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-recip", keys["certificate"]],
        input=content.getvalue(), capture_output=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "sealed").write_bytes(cms)
    (tmp_path / "secrets" / "sub").mkdir(parents=True)
    assert sealed.unseal(tmp_path / "sealed", keys["key"], tmp_path / "secrets") == ["hash_key"]
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_a_database_that_opens_and_is_not_whole_is_found(tmp_path):
    (tmp_path / metadata.FOLDER).mkdir()
    with closing(sqlite3.connect(tmp_path / metadata.FOLDER / "airflow.sqlite")) as connection, connection:
        connection.execute("create table pool (name text)")
        connection.execute("insert into pool values (null)")
        connection.execute("pragma writable_schema = on")
        connection.execute("update sqlite_master set sql = 'create table pool (name text not null)'")
    wrong, unseen = metadata.unreadable(tmp_path)
    assert len(wrong) == 1 and "NULL value in pool.name" in wrong[0] and unseen == []


@pytest.mark.long
def test_destroyed_restored_and_grown_it_equals_the_undisturbed_one(keys, tmp_path):
    undisturbed = Installation.at(tmp_path / "var")
    deliver_limits(undisturbed.settings)
    for step in ("ingest", "build", "quality", "publish"):
        undisturbed.done(step, "--json")
    made = back_up(undisturbed, tmp_path / "backups", "--seal-for", keys["certificate"])
    assert "hotline.duckdb" not in {path.name for path in (made / "build").glob("*")}
    new = another(tmp_path)
    said = json.loads(new.done("restore", str(made), "--key", str(keys["key"]), "--json").splitlines()[-1])
    assert new.settings.published_database.is_file() and said["release"] == new.current.name
    for installed in (undisturbed, new):
        arrive(installed, ticket_table({"办结意见": "改过"}, {}, {"业务类型": "吐槽"}), date(2024, 9, 20))
        for step in ("ingest", "build", "quality", "publish"):
            installed.done(step, "--json")
    assert differing(undisturbed.settings.published_database, new.settings.published_database) == {}
