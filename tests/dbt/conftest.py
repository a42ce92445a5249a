"""One read-only connection to the built warehouse, and the published figures to hold it against."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "liaoning_2024_09"


@pytest.fixture(scope="session")
def database(warehouse):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


@pytest.fixture(scope="session")
def query(database):
    """Rows of a statement over schema ``marts`` as dicts."""

    def run(statement: str, parameters: list | None = None) -> list[dict]:
        cursor = database.execute(statement, parameters or [])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return run


@pytest.fixture(scope="session")
def published():
    """Rows of a table of the published bulletin, as text."""

    def read(name: str) -> list[dict[str, str]]:
        with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    return read
