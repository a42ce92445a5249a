"""The servers of production wait for their database: after a crash of the host everything starts at once."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from postgres import cluster, programs

HOME = Path(__file__).resolve().parents[2]
SERVERS = ("airflow", "superset")
WAIT = (
    "import sys; from hotline.stack.container import wait_for_database as wait; wait(sys.argv[1], float(sys.argv[2]))"
)


def waiting(server: str, address: str, seconds: float) -> subprocess.Popen:
    return subprocess.Popen(
        [HOME / ".venv" / server / "bin" / "python", "-c", WAIT, address, str(seconds)],
        env={"PYTHONPATH": str(HOME / "src"), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def address() -> str:
    with cluster("ready") as addresses:
        yield addresses["ready"]


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_starts_when_its_database_takes_connections(server: str, address: str) -> None:
    assert waiting(server, address, 5).wait(60) == 0
    process = waiting(server, address.replace("/ready", f"/later_{server}"), 60)
    assert process.stdout.readline() == "waiting for the database\n"
    time.sleep(2)
    assert process.poll() is None
    subprocess.run(
        [programs() / "psql", address.replace("+psycopg2", ""), "-c", f"create database later_{server}"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert process.wait(30) == 0


@pytest.mark.parametrize("server", SERVERS)
def test_who_waits_in_vain_ends_and_says_where_to_look(server: str, address: str) -> None:
    process = waiting(server, address.replace("/ready", "/never"), 1)
    out, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert out.count("waiting for the database") == 1
    assert "the database takes no connection after 1 s" in err
    assert "remedy: docker-compose ps postgres; docker-compose logs postgres" in err
    assert address.split(":")[2].split("@")[0] not in out + err  # the password
