"""A backup that was proven is enough to start from elsewhere, and what is not enough is told before it is needed."""

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from installation import Installation
from limit_rows import deliver_limits
from marts import differing
from ticket_files import deliver, ticket_table

from hotline.backup import layers

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
