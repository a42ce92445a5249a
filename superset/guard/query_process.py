"""A process of its own for a user's query: it can be ended at any moment, and it cannot take more memory than its own.

``interrupt()`` of DuckDB is looked at between two vectors of rows. A function that works long on one value (an edit
distance of two long texts, a list of a milliard numbers) goes on for minutes after it, and takes memory that
``memory_limit`` does not count. The kernel's limits have no such gaps.

Started as ``python -I query_process.py DESCRIPTOR MEMORY_MB RESULT_MB``. Over the socket come pickled requests
``(name, *arguments)``; each answer is ``("ok", value)`` or ``("error", class name, text)``. It never outlives the
process at the other end.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import resource
import select
import signal
import sys
import threading
from collections.abc import Iterator
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
from duckdb import StatementType

MB = 1 << 20
OVERHEAD_MB = 384
"""Interpreter, library, and the rows on their way as Python values, beside what DuckDB counts."""
NICENESS = 5
"""The server's own threads come first."""


QUERIES = {StatementType.SELECT, StatementType.EXPLAIN, StatementType.MULTI}
"""What a query may be; the last is a PIVOT by the values of a column."""
TABLE_FUNCTIONS = frozenset(
    {
        *("generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "summary", "unnest"),
        *("histogram", "histogram_values"),
        # what tables and columns there are: SQLAlchemy asks for them, too
        *("duckdb_columns", "duckdb_constraints", "duckdb_indexes", "duckdb_keywords", "duckdb_schemas"),
        *("duckdb_tables", "duckdb_types", "duckdb_views", "pragma_table_info"),
    }
)
"""Functions that a query may read from. Others read files, run a text as a statement, or tell about the machine."""
TELLING = frozenset({"current_setting", "pg_settings"})
"""The function and the view, beside table functions, that show settings: paths of the machine are among them."""


class ResultTooLarge(Exception):
    """The rows of one statement, as sent, are more than the limit."""


class Session:
    """At most one open database; the requests are its methods."""

    def __init__(self, result_mb: int) -> None:
        self.result_bytes = result_mb * MB
        self.sent = 0
        self.folders: set[str] = set()
        self.connection: duckdb.DuckDBPyConnection | None = None

    def open(self, database: str, read_only: bool, config: dict) -> None:
        file = Path(database)
        self.folders = {str(file.parent), str(file.resolve().parent), config.get("temp_directory", str(file.parent))}
        self.connection = duckdb.connect(database, read_only=read_only, config=config)

    def execute(self, statement: str, parameters: object = None) -> tuple[list[tuple] | None, int]:
        """Description (types as text) and row count. DuckDB works out most of the rows only when they are fetched."""
        self.sent = 0
        require_query(statement, self.connection)
        self.connection.execute(statement, parameters)
        columns = self.connection.description
        described = columns and [(name, str(kind), *rest) for name, kind, *rest in columns]
        return described, self.connection.rowcount

    def executemany(self, statement: str, parameters: list) -> None:
        require_query(statement, self.connection)
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

    def told(self, error: BaseException) -> str:
        """What an error says, without the folders that files lie in."""
        text = str(error)
        for folder in self.folders:
            text = text.replace(f"{folder}/", "")
        return text

    def close(self) -> int:
        """Close the database; returns the megabytes that this process still holds."""
        self.connection.close()
        self.connection = None
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- once a query: no need for pathlib
            return int(file.read().split()[1]) * resource.getpagesize() // MB


def require_query(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise duckdb.PermissionException unless every statement of ``text`` reads, and reads the warehouse alone.

    As DuckDB itself understands it: Superset's own check follows another parser, and passes what that one does not
    know. Of the forms that DuckDB does not take apart for us (EXPLAIN, PIVOT by the values of a column) every word counts.
    """
    for statement in duckdb.extract_statements(text):
        if statement.type not in QUERIES:
            raise duckdb.PermissionException(f"只能查询，不能使用 {statement.type.name} 语句。")
        (told,) = connection.execute("select json_serialize_sql(?)", [statement.query]).fetchone()
        tree = json.loads(told)
        used = set(re.findall(r"\w+", statement.query.lower())) if tree["error"] else set(named(tree))
        if refused := used & not_for_queries():
            raise duckdb.PermissionException(f"查询中不能使用 {'、'.join(sorted(refused))}。")


def named(tree: Any) -> Iterator[str]:
    """Names of the functions and tables in a statement that DuckDB has taken apart; ``tree`` may be deep."""
    waiting = [tree]
    while waiting:
        match waiting.pop():
            case dict() as node:
                waiting += node.values()
                yield from (str(node[key]).lower() for key in ("function_name", "table_name") if node.get(key))
            case list() as nodes:
                waiting += nodes


@cache
def not_for_queries() -> frozenset[str]:
    """What this version of DuckDB has beside TABLE_FUNCTIONS: read from itself, so that a new one is refused at first."""
    with duckdb.connect() as own:
        found = own.execute(
            "select function_name from duckdb_functions() where function_type in ('table', 'table_macro') "
            "union select view_name from duckdb_views() where internal and schema_name = 'main'"
        ).fetchall()
    return frozenset(name for (name,) in found) - TABLE_FUNCTIONS | TELLING


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
            answer = ("error", type(error).__name__, session.told(error))
        wire.send(answer)


if __name__ == "__main__":
    main()
