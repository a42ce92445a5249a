"""Small SQLite files that several processes of one machine share and that outlive a restart.

Only the standard library is used: the servers of the Airflow and the Superset environment import it too.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_SECONDS = 10


class PrivateStore:
    """One file, readable by its owner alone; every call opens it anew, so threads and forks share nothing."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self.transaction() as connection:
            for statement in schema.split(";"):
                connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection that holds the write lock until the block ends; rolled back when it ends with an error.

        Raises sqlite3.OperationalError when the file cannot be locked in 10 seconds or not be written.
        """
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")
        finally:
            connection.close()  # what was not committed is rolled back

    def rows(self, sql: str, parameters: tuple = ()) -> list[tuple]:
        """Read without the write lock."""
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()
