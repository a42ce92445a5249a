"""The embedded metadata database has one writer at a time: others wait for it."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

LONGER_THAN_SQLITE_WAITS = 9


def test_a_request_waits_for_a_long_write(installation) -> None:
    """As on a busy machine, where the scheduler took more than the five seconds that SQLite waits."""
    airflow, client = installation.airflow, installation.airflow.client()
    client.call("GET", "/pools/duckdb")  # logged in before
    change = {"pool": "duckdb", "slots": 1, "include_deferred": False, "description": "one writer at a time"}
    with (
        closing(sqlite3.connect(airflow.home / "airflow.db", isolation_level=None)) as writer,
        ThreadPoolExecutor() as pool,
    ):
        writer.execute("begin immediate")
        began = time.monotonic()
        asked = pool.submit(client.call, "PATCH", "/pools/duckdb", change)
        time.sleep(LONGER_THAN_SQLITE_WAITS)
        writer.execute("commit")
        assert asked.result()["description"] == change["description"]
        assert time.monotonic() - began >= LONGER_THAN_SQLITE_WAITS
