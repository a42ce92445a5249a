"""A PostgreSQL of its own: a new cluster in a folder that goes away, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline.stack.processes import LOOPBACK, free_port, wait_until


def programs() -> Path:
    """The newest of the installed versions."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, "no PostgreSQL: run scripts/need_postgres.sh"
    return found[-1].parent


@contextmanager
def cluster(*databases: str) -> Iterator[dict[str, str]]:
    """SQLAlchemy addresses of new, empty databases by name. PostgreSQL refuses to run as root: then as ``nobody``."""
    password = secrets.token_urlsafe(12)
    folder = Path(tempfile.mkdtemp(prefix="hotline-postgres-"))
    identity = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    binaries, port = programs(), free_port(25432)
    (folder / "password").write_text(password)
    if identity:
        os.chown(folder / "password", identity["user"], identity["group"])
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **identity}
    make = [binaries / "initdb", "-D", folder / "data", "-U", "hotline", "-A", "scram-sha-256", "-E", "UTF8"]
    subprocess.run([*make, "--no-locale", "--no-sync", f"--pwfile={folder / 'password'}"], check=True, **options)
    listen = ["-h", LOOPBACK, "-p", str(port), "-k", str(folder), "-F"]
    server = subprocess.Popen([binaries / "postgres", "-D", folder / "data", *listen], **options)
    try:
        environment = os.environ | {"PGPASSWORD": password}

        def run(*command: str) -> bool:
            done = subprocess.run(
                [*map(str, command), "-h", LOOPBACK, "-p", str(port), "-U", "hotline"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            return done.returncode == 0

        wait_until(lambda: run(binaries / "pg_isready"), what="PostgreSQL", seconds=60)
        for name in databases:
            assert run(binaries / "createdb", name), name
        yield {name: f"postgresql+psycopg2://hotline:{password}@{LOOPBACK}:{port}/{name}" for name in databases}
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def query(address: str, sql: str) -> str:
    """The answer of one statement as text."""
    return subprocess.run(
        [programs() / "psql", address.replace("+psycopg2", ""), "-Atc", sql], capture_output=True, text=True, check=True
    ).stdout.strip()
