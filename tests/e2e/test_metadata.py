"""The embedded metadata database has one writer at a time: others wait for it."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta

from hotline.stack.airflow_metadata import PATIENT

LONGER_THAN_SQLITE_WAITS = 9
AT_ONCE = 8
PAUSED = "plan_spot_checks"


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


def test_requests_at_the_same_time_do_not_wait_for_each_other(installation) -> None:
    """Two of them stood still until the wait for the lock was over, where each had what the other needed."""
    client = installation.airflow.client()
    assert client.call("GET", f"/dags/{PAUSED}")["is_paused"]  # the runs that are made here never begin

    def made_and_taken_away(number: int) -> None:
        monday = date(2020, 1, 6) + timedelta(weeks=number)
        run = client.trigger(PAUSED, str(monday), {})
        client.call("DELETE", f"/dags/{PAUSED}/dagRuns/{run}")

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(made_and_taken_away, range(5 * AT_ONCE)))
    assert time.monotonic() - began < PATIENT["timeout"]
