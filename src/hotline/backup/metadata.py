"""Copies of the databases of Airflow and Superset: PostgreSQL's own dump, or SQLite's own copy; both are of one instant."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from hotline.errors import HotlineError, InfrastructureError
from hotline.settings import Settings

FOLDER = "metadata"
GIVEN = Path("/run/secrets")


@dataclass(frozen=True)
class Source:
    """Where a service keeps its metadata: an address of PostgreSQL, or a file of SQLite (there or not)."""

    service: str
    address: URL | None
    file: Path

    @property
    def copy(self) -> str:
        return f"{FOLDER}/{self.service}.{'dump' if self.address else 'sqlite'}"


def sources(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[Source]:
    """The databases of this installation: named by a secret, by the variable that the server reads, or in ``var/``."""
    named = {"airflow": "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "superset": "SUPERSET_METADATA_URI"}
    found = []
    for service, variable in named.items():
        secret = GIVEN / f"{service}_metadata_uri"
        text = secret.read_text("utf-8").strip() if secret.is_file() else environment.get(variable, "")
        address = make_url(text) if text and not text.startswith("sqlite") else None
        found.append(Source(service, address, settings.var / service / f"{service}.db"))
    return found


def copy_all(settings: Settings, target: Path) -> list[str]:
    """Copy every database that is there below ``target``; returns the names of the copies."""
    (target / FOLDER).mkdir(parents=True, exist_ok=True)
    made = []
    for source in sources(settings):
        if source.address is not None:
            _postgres("pg_dump", source.address, "--format=custom", "--no-owner", f"--file={target / source.copy}")
        elif source.file.is_file():
            _copy_sqlite(source.file, target / source.copy)
        else:
            continue
        made.append(source.copy)
    return made


def held(settings: Settings, folder: Path) -> list[str]:
    """Databases of this installation that hold anything and that the copies in ``folder`` would replace."""
    found = []
    for source in sources(settings):
        if not (folder / source.copy).is_file():
            continue
        if source.address is not None:
            tables, place = _tables(source.address), f"{source.address.host}/{source.address.database}"
        else:
            tables, place = _tables_of_sqlite(source.file), str(source.file)
        if tables:
            found.append(f"{source.service}: {place} ({tables} tables)")
    return found


def _tables(address: URL) -> int:
    count = (
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname not in ('pg_catalog', 'information_schema') "
        "and n.nspname not like 'pg_toast%'"
    )
    return int(_postgres("psql", address, "--no-psqlrc", "--tuples-only", "--no-align", f"--command={count}"))


def _tables_of_sqlite(file: Path) -> int | str:
    """How many tables a file holds; of one that cannot be read nobody knows."""
    if not file.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("select count(*) from sqlite_master").fetchone()[0]
    except sqlite3.Error:
        return "unreadable"


def restore_all(settings: Settings, folder: Path) -> list[str]:
    """Put the copies in place; returns what could not be, and why."""
    left = []
    for source in sources(settings):
        dump, sqlite = folder / FOLDER / f"{source.service}.dump", folder / FOLDER / f"{source.service}.sqlite"
        if source.address is not None and dump.is_file():
            _postgres("pg_restore", source.address, "--clean", "--if-exists", "--no-owner", "--exit-on-error",
                      "--single-transaction", f"--dbname={source.address.database}", str(dump))  # fmt: skip
        elif source.address is None and sqlite.is_file():
            source.file.parent.mkdir(parents=True, exist_ok=True)
            _copy_sqlite(sqlite, source.file)
            source.file.chmod(0o600)
        elif dump.is_file() or sqlite.is_file():
            left.append(
                f"{source.service}: the copy is of {'PostgreSQL' if dump.is_file() else 'SQLite'}, this place uses the other"
            )
    return left


def unreadable(folder: Path) -> tuple[list[str], list[str]]:
    """Copies that cannot be read, and those that could not be looked at here."""
    wrong, unseen = [], []
    for path in sorted((folder / FOLDER).glob("*")):
        if path.suffix == ".sqlite":
            try:
                with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                    if (said := connection.execute("pragma integrity_check").fetchone()[0]) != "ok":
                        wrong.append(f"{path.name}: {said}")
            except sqlite3.Error as error:
                wrong.append(f"{path.name}: {error}")
        elif shutil.which("pg_restore") is None:
            unseen.append(f"{path.name}: pg_restore is not installed")
        elif (
            run := subprocess.run(["pg_restore", "--list", path], capture_output=True, text=True, check=False)
        ).returncode:
            wrong.append(f"{path.name}: {run.stderr.strip()[-200:]}")
    return wrong, unseen


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own online copy: whole, also while a server writes."""
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.backup(writer)


def _postgres(program: str, address: URL, *arguments: str) -> str:
    """Run a program of PostgreSQL, returns what it prints; the password goes by the environment of that process alone."""
    if shutil.which(program) is None:
        raise HotlineError(f"{program} is missing", "sudo apt-get install postgresql-client")
    environment = os.environ | {
        "PGHOST": address.host or "", "PGPORT": str(address.port or 5432), "PGUSER": address.username or "",
        "PGPASSWORD": address.password or "", "PGDATABASE": address.database or "",
    }  # fmt: skip
    run = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InfrastructureError(
            f"{program} of {address.database}: {run.stderr.strip()[-500:]}", "is the database up?"
        )
    return run.stdout
