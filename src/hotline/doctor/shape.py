"""Every seed by itself, as its own description promises it: encoding, columns, number of values, their types.

A spreadsheet that was saved over a seed changes most of these at once. What they say comes first and alone: rows that
cannot be told apart can be held against nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from hotline import yaml_file
from hotline.doctor.seeds import Finding, Seeds
from hotline.settings import Settings

BYTE_ORDER_MARK = "\ufeff"
TYPES = {
    "date": ("a day written YYYY-MM-DD", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "integer": ("a whole number", r"-?[0-9]+"),
    "decimal": ("a number", r"-?[0-9]+([.][0-9]+)?"),
    "double": ("a number", r"-?[0-9]+([.][0-9]+)?(e-?[0-9]+)?"),
    "boolean": ("true or false", r"(?i)true|false"),
}
"""Type of a column to what it is called and how its values are written; a column of another type takes any text."""
DAYS = {"valid_from": "date", "valid_to": "date"}


def findings(seeds: Seeds, settings: Settings) -> list[Finding]:
    """What does not fit the description of its seed; empty when everything does."""
    described = _descriptions(seeds.folder)
    project = _project_types(settings)
    return [
        finding
        for file in sorted(seeds.folder.rglob("*.csv"))
        for finding in _file(file, file.relative_to(seeds.folder), described.get(file.stem, {}), project)
    ]


def _descriptions(folder: Path) -> dict[str, dict]:
    """Name of each seed to its description in a ``.yml`` file."""
    return {
        seed["name"]: seed for file in sorted(folder.rglob("*.yml")) for seed in yaml_file.read(file).get("seeds", ())
    }


def _project_types(settings: Settings) -> dict:
    """Types of columns by folder and seed, as ``dbt_project.yml`` nests them."""
    file = settings.dbt_project / "dbt_project.yml"
    return yaml_file.read(file).get("seeds", {}).get("hotline", {}) if file.exists() else {}


def _types(path: Path, description: dict, project: dict) -> dict[str, str]:
    types = dict(DAYS)
    for name in (*path.parts[:-1], path.stem):
        project = project.get(name, {})
        types |= project.get("+column_types", {})
    types |= description.get("config", {}).get("column_types", {})
    return {column: kind.split("(")[0] for column, kind in types.items()}


def _file(file: Path, path: Path, description: dict, project: dict) -> Iterator[Finding]:
    name = path.as_posix()
    content = file.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield Finding(name, line, "the file is not UTF-8", "save it as CSV in UTF-8")
        return
    if text.startswith(BYTE_ORDER_MARK):
        yield Finding(name, 1, "the file begins with a byte order mark", "save it in UTF-8 without one")
        return
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    columns = [column["name"] for column in description.get("columns", ())]
    for column in [
        *(column for column in columns if column not in header),
        *{c for c in header if header.count(c) > 1},
    ]:
        yield Finding(name, 1, f"column {column} does not stand in the header once", "restore the header")
    for column in (column for column in header if columns and column not in columns):
        yield Finding(
            name, 1, f"column {column} is not in the description", f"describe it beside {name}, or take it out"
        )
    yield from _rows(name, header, reader, _types(path, description, project), _never_null(description))


def _never_null(description: dict) -> set[str]:
    """Columns that a test of the seed wants filled in every row."""
    found = {column["name"] for column in description.get("columns", ()) if "not_null" in column.get("data_tests", ())}
    for test in description.get("data_tests", ()):
        if "never_null" in test:
            found.update(test["never_null"]["arguments"]["columns"])
    return found


def _rows(name: str, header: list[str], reader, types: dict[str, str], never_null: set[str]) -> Iterator[Finding]:
    lines: dict[tuple, int] = {}
    for row in filter(None, reader):
        line = reader.line_num
        if len(row) != len(header):
            yield Finding(
                name,
                line,
                f"the row has {len(row)} values, the header {len(header)}",
                "quote a value that holds a comma",
            )
            continue
        if (first := lines.setdefault(tuple(row), line)) != line:
            yield Finding(name, line, f"the row stands in line {first} too", "leave one of them")
        for column, value in zip(header, row, strict=True):
            kind = types.get(column, "")
            if kind in TYPES and not value and column in never_null:
                yield Finding(name, line, f"{column} is empty", f"write {TYPES[kind][0]}")
            elif value and not _is(value, kind):
                yield Finding(name, line, f"{column} is {value}", f"write {TYPES[kind][0]}")


def without_rows(seeds: Seeds, settings: Settings) -> Iterator[Finding]:
    """Registers that were emptied: what each lists would exist no more."""
    for file in sorted(seeds.folder.rglob("*.csv")):
        path = file.relative_to(seeds.folder).as_posix()
        if not seeds.rows(path):
            yield Finding(path, 1, "the register has no rows", "restore them from the project")


def _is(value: str, kind: str) -> bool:
    """Whether a value is written as its type asks."""
    if kind not in TYPES:
        return True
    if not re.fullmatch(TYPES[kind][1], value):
        return False
    if kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
    return True
