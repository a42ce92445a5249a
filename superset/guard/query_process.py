"""A process of its own for a user's query: it can be ended at any moment, and it cannot take more memory than its own.

``interrupt()`` of DuckDB is looked at between two vectors of rows. A function that works long on one value (an edit
distance of two long texts, a list of a milliard numbers) goes on for minutes after it, and takes memory that
``memory_limit`` does not count. The kernel's limits have no such gaps.

Started as ``python -I query_process.py DESCRIPTOR MEMORY_MB RESULT_MB``. Over the socket come pickled requests
``(name, *arguments)``; each answer is ``("ok", value)`` or ``("error", class name, text)``. It never outlives the
process at the other end.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import sys
import threading
from multiprocessing.connection import Connection

import duckdb

MB = 1 << 20
OVERHEAD_MB = 384
"""Interpreter, library, and the rows on their way as Python values, beside what DuckDB counts."""
NICENESS = 5
"""The server's own threads come first."""


class ResultTooLarge(Exception):
    """The rows of one statement, as sent, are more than the limit."""


class Session:
    """At most one open database; the requests are its methods."""

    def __init__(self, result_mb: int) -> None:
        self.result_bytes = result_mb * MB
        self.sent = 0
        self.connection: duckdb.DuckDBPyConnection | None = None

    def open(self, database: str, read_only: bool, config: dict) -> None:
        self.connection = duckdb.connect(database, read_only=read_only, config=config)

    def execute(self, statement: str, parameters: object = None) -> tuple[list[tuple] | None, int]:
        """Description (types as text) and row count. DuckDB works out most of the rows only when they are fetched."""
        self.sent = 0
        self.connection.execute(statement, parameters)
        columns = self.connection.description
        described = columns and [(name, str(kind), *rest) for name, kind, *rest in columns]
        return described, self.connection.rowcount

    def executemany(self, statement: str, parameters: list) -> None:
        self.connection.executemany(statement, parameters)

    def fetch(self, rows: int) -> bytes:
        """Up to ``rows`` rows, pickled; none at the end. Raises ResultTooLarge."""
        packed = pickle.dumps(self.connection.fetchmany(rows), protocol=5)
        self.sent += len(packed)
        if self.sent > self.result_bytes:
            raise ResultTooLarge
        return packed

    def transaction(self, step: str) -> None:
        {"begin": self.connection.begin, "commit": self.connection.commit, "rollback": self.connection.rollback}[step]()

    def close(self) -> int:
        """Close the database; returns the megabytes that this process still holds."""
        self.connection.close()
        self.connection = None
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- once a query: no need for pathlib
            return int(file.read().split()[1]) * resource.getpagesize() // MB


def confine(memory_mb: int) -> None:
    """Give up what a query does not need: memory beyond its share, priority, core dumps with people's data."""
    limit = (memory_mb + OVERHEAD_MB) * MB
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("1000")  # when the machine is short all the same, this process goes first
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's business


def end_with(descriptor: int) -> None:
    """End this process as soon as the other end of the socket is gone, whatever it is doing."""
    hung_up = select.poll()
    hung_up.register(descriptor, select.POLLRDHUP)
    hung_up.poll()
    os._exit(1)


def main() -> None:
    descriptor, memory_mb, result_mb = map(int, sys.argv[1:])
    confine(memory_mb)
    threading.Thread(target=end_with, args=[descriptor], daemon=True).start()
    wire, session = Connection(descriptor), Session(result_mb)
    while True:
        try:
            name, *arguments = wire.recv()
        except EOFError:
            return
        try:
            answer = ("ok", getattr(session, name)(*arguments))
        except (Exception, MemoryError) as error:
            answer = ("error", type(error).__name__, str(error))
        wire.send(answer)


if __name__ == "__main__":
    main()
