"""Whether two warehouse files hold the same marts, row for row."""

from __future__ import annotations

from pathlib import Path

import duckdb

OF_THE_RUN = {"built_in", "ingested_at"}
"""Columns that tell which run wrote a row; everything else is what was delivered and what follows from it."""
QUALITY = frozenset({"quality_check", "mart_build"})
"""Tell when it was checked and built."""


def differing(first: Path, second: Path, ignored: frozenset[str] = frozenset()) -> dict[str, list]:
    """Up to three rows of either side for each mart that differs; empty when none does."""
    with duckdb.connect() as connection:
        for side, path in (("first", first), ("second", second)):
            connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {side} (read_only)")
        tables = {side: _columns(connection, side) for side in ("first", "second")}
        found = {
            table: [("only in one", tables["first"].get(table), tables["second"].get(table))]
            for table in tables["first"].keys() | tables["second"].keys()
            if tables["first"].get(table) != tables["second"].get(table)
        }
        for table, columns in tables["first"].items():
            if table in found or table in ignored | QUALITY:
                continue
            chosen = ", ".join(f'"{column}"' for column in columns if column not in OF_THE_RUN)
            sides = [f'select {chosen} from {side}.marts."{table}"' for side in ("first", "second")]
            for one, other in (sides, sides[::-1]):
                if rows := connection.execute(f"{one} except all {other} limit 3").fetchall():
                    found.setdefault(table, []).extend(rows)
        return found


def _columns(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, list[str]]:
    return dict(
        connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            "where database_name = ? and schema_name = 'marts' group by table_name",
            [side],
        ).fetchall()
    )
