"""A delivered file as a relation: its columns as text ``c0``, ``c1``, … in the order of the file, whatever its format.

======== ============================================= ==========================================
format   suffix                                        read by
======== ============================================= ==========================================
text     ``.csv .tsv .txt`` and the same with ``.gz``  DuckDB's CSV reader
NDJSON   ``.ndjson .jsonl`` and the same with ``.gz``  DuckDB, a line at a time
Excel    ``.xlsx .xls .xlsb``                          fastexcel (calamine), into Parquet
======== ============================================= ==========================================
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from hotline.contracts import Column, Contract, normalise
from hotline.errors import FileRejected
from hotline.ingest.files import CHUNK, Inspection, format_of, literal, open_bytes

DELIMITERS = (",", "\t", ";", "|")
LINES_LOOKED_AT = 20
"""An export may begin with a title and remarks; its header stands within this many rows."""
NO_DELIMITER = "\x1f"


@dataclass(frozen=True)
class Header:
    """The header row read against a contract."""

    columns: tuple[Column | None, ...]
    """One entry a file column, in file order; ``None`` for a column the contract does not know."""
    unknown: tuple[str, ...]
    missing: tuple[Column, ...]


@dataclass(frozen=True)
class Source:
    """A file that can be queried, as often as needed."""

    relation: str
    """Table expression with the text columns ``c0``, ``c1``, … and ``shape_error`` (NULL, or the rule the line broke)."""
    header: Header
    delimiter: str
    first_line: int
    """Line (or sheet row) of the first record."""
    lines: int
    """Lines from the first record to the end: the number of records, unless texts hold line breaks."""


def column_name(index: int) -> str:
    """Name under which the ``index``-th column of the file is read."""
    return f"c{index}"


def match_header(name: str, texts: Sequence[str], contract: Contract) -> Header:
    """Match header texts with the contract.

    Raises
    ------
    FileRejected: no column of the contract is found, one is given twice, or a required one is missing.
    """
    found = [_column_of(text, contract) for text in texts]
    known = [column for column in found if column is not None]
    headers = "、".join(column.header for column in contract.columns)
    if not known:
        raise FileRejected(
            f"{name}: no row has the headers of feed {contract.feed}",
            f"the headers are: {headers}",
            f"未找到“{contract.title}”的表头。表头应为：{headers}。",
        )
    twice = sorted({column.header for column in known if known.count(column) > 1})
    if twice:
        raise FileRejected(
            f"{name}: column {'、'.join(twice)} is given twice",
            "keep one column of each name",
            f"列“{'、'.join(twice)}”重复出现，请只保留一列。",
        )
    missing = tuple(column for column in contract.columns if column not in known)
    required = [column.header for column in missing if column.required]
    if required:
        raise FileRejected(
            f"{name}: required column {'、'.join(required)} is missing",
            f"the headers are: {headers}",
            f"缺少必填列“{'、'.join(required)}”。表头应为：{headers}。",
        )
    unknown = tuple(str(text) for text, column in zip(texts, found, strict=True) if column is None)
    return Header(tuple(found), unknown, missing)


def _column_of(text: str | None, contract: Contract) -> Column | None:
    folded = normalise(text or "")
    return next((column for column in contract.columns if folded in column.accepted_headers), None)


def _header_row(rows: Sequence[Sequence[str | None]], contract: Contract) -> int:
    """Index of the row that names most columns of the contract, the first of equals."""
    counts = [sum(_column_of(text, contract) is not None for text in row) for row in rows]
    return counts.index(max(counts)) if counts else 0


def open_source(
    path: Path, found: Inspection, contract: Contract, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> Source:
    """Make a delivered file queryable.

    Raises
    ------
    FileRejected: the file is not of the format that its name promises, or its header does not fit the contract.
    """
    match format_of(path):
        case "excel":
            return _open_excel(path, contract, scratch, connection)
        case "ndjson":
            return _open_ndjson(path, found, contract)
        case _:
            return _open_text(path, found, contract)


def _open_text(path: Path, found: Inspection, contract: Contract) -> Source:
    with open_bytes(found.readable) as handle:
        lines = [
            line.decode("utf-8", "replace")
            for line in islice(iter(lambda: handle.readline(CHUNK), b""), LINES_LOOKED_AT)
        ]
    lines[0] = lines[0].lstrip("\ufeff")

    def rows(delimiter: str) -> list[list[str]]:
        return [next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), []) for line in lines]

    def known(delimiter: str) -> int:
        return max(sum(_column_of(text, contract) is not None for text in row) for row in rows(delimiter))

    delimiter = max(DELIMITERS, key=known)
    candidates = rows(delimiter)
    at = _header_row(candidates, contract)
    header = match_header(path.name, candidates[at], contract)
    columns = ", ".join(f"'{column_name(index)}': 'varchar'" for index in range(len(header.columns)))
    relation = f"""(
        select *, null as shape_error from read_csv(
            {literal(str(found.readable))}, auto_detect = false, header = true, skip = {at}, columns = {{{columns}}},
            delim = {literal(delimiter)}, quote = '"', escape = '"', new_line = '\\n', nullstr = '',
            strict_mode = true, store_rejects = true
        )
    )"""
    blank = sum(not line.strip() for line in lines[: at + 1])
    return Source(relation, header, delimiter, at + 2, found.lines - (at + 1 - blank))


def _open_ndjson(path: Path, found: Inspection, contract: Contract) -> Source:
    keys: dict[str, None] = {}
    with open_bytes(found.readable) as handle:
        for line in islice(handle, LINES_LOOKED_AT * 10):
            try:
                keys |= dict.fromkeys(json.loads(line.lstrip(b"\xef\xbb\xbf")))
            except (ValueError, TypeError):
                continue  # the line will be quarantined; its neighbours name the columns
    header = match_header(path.name, list(keys), contract)
    paths = ", ".join(literal(f'$."{key}"') for key in keys)
    columns = ", ".join(f"texts[{index + 1}] as {column_name(index)}" for index in range(len(keys)))
    relation = f"""(
        select {columns}, case when texts is null then 'invalid_json' end as shape_error
        from (
            select case when json_valid(line) and json_type(line) = 'OBJECT'
                then json_extract_string(line, [{paths}]) end as texts
            from read_csv(
                {literal(str(found.readable))}, auto_detect = false, header = false, columns = {{'line': 'varchar'}},
                delim = '{NO_DELIMITER}', quote = '', escape = '', new_line = '\\n', store_rejects = true
            )
        )
    )"""
    return Source(relation, header, "", 1, found.lines)


def _open_excel(path: Path, contract: Contract, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Source:
    import fastexcel  # takes 0.1 s to import, and most files are text

    try:  # read once: to look at the first rows alone costs as much as to read the sheet
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise FileRejected(
            f"{path.name} is not an Excel workbook: {error}",
            "save it again as .xlsx, or as CSV",
            "不是有效的 Excel 工作簿，请另存为 .xlsx 或 CSV 后重新报送。",
        ) from error
    connection.register("sheet", sheet)
    candidates = connection.execute("select * from sheet limit ?", [LINES_LOOKED_AT]).fetchall()
    if not candidates:
        raise FileRejected(
            f"{path.name}: the first sheet is empty",
            "put the table on the first sheet",
            "第一张工作表为空，请把表格放在第一张工作表。",
        )
    at = _header_row(candidates, contract)
    header = match_header(path.name, candidates[at], contract)
    names = [column.name for column in sheet.available_columns()]
    columns = ", ".join(f"nullif(\"{name}\", '') as {column_name(index)}" for index, name in enumerate(names))
    target = literal(str(scratch / "sheet.parquet"))
    connection.execute(
        f"copy (select {columns}, null::varchar as shape_error from sheet offset {at + 1}) to {target} (format parquet)"
    )
    rows = connection.fetchone()[0]
    return Source(f"read_parquet({target})", header, "", at + 2, rows)
