"""A delivered file as a relation: its columns as text ``c0``, ``c1``, … in the order of the file, whatever its format.

======== ================================================== ==========================================
format   suffix                                             read by
======== ================================================== ==========================================
text     ``.csv .tsv .txt`` and the same with ``.gz``       DuckDB's CSV reader
NDJSON   ``.ndjson .jsonl .json`` and the same with ``.gz`` DuckDB, a line at a time
JSON     the same, when the content is one array            DuckDB, an element at a time
Excel    ``.xlsx .xlsm .xls .xlsb``                         fastexcel (calamine), into Parquet
HTML     a table under the name of a workbook               the standard library, into CSV
======== ================================================== ==========================================
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from hotline.contracts import Column, Contract, normalise
from hotline.ingest.files import BLANKS, CHUNK, Inspection, literal, open_bytes
from hotline.ingest.rules import Note, rejected
from hotline.text import WHITE_SPACE, WIDTHLESS

DELIMITERS = (",", "\t", ";", "|")
LINES_LOOKED_AT = 20
"""An export may begin with a title and remarks; its header stands within this many rows."""
MOST_COLUMNS = 1_000
LONGEST_RECORD = 2_000_000
"""Bytes of a record that DuckDB reads; a longer one is quarantined."""
NO_DELIMITER = "\x1f"


@dataclass(frozen=True)
class Header:
    """The header row read against a contract."""

    columns: tuple[Column | None, ...]
    """One entry a file column, in file order; ``None`` for a column the contract does not know."""
    unknown: tuple[str, ...]
    missing: tuple[Column, ...]
    texts: tuple[str, ...] = ()
    """What the file calls its columns."""


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
    """Lines with any value from the first record to the end: the number of records, unless texts hold line breaks."""
    has_lines: bool = True
    """Whether records are lines of the file, so that their numbers are line numbers."""
    notes: tuple[Note, ...] = ()
    counts_blank: bool = False
    """Whether ``lines`` counts rows without any value too: JSON writes them out."""

    def lines_of_records(self, blank: int) -> int:
        """``lines`` without the ``blank`` rows that turned out to hold no value."""
        return self.lines - blank if self.counts_blank else self.lines


FILLING = re.compile(r"^\*+|\*+$|\*?\((必填|选填|required|optional)\)\*?$")
"""Marks of a template at a header, once it is normalised."""


def column_name(index: int) -> str:
    """Name under which the ``index``-th column of the file is read."""
    return f"c{index}"


def match_header(name: str, texts: Sequence[str | None], contract: Contract, rows: int | None = None) -> Header:
    """Match header texts with the contract.

    Parameters
    ----------
    rows: records below the header, for the ledger when it does not fit.

    Raises
    ------
    FileRejected: no column of the contract is found, one is given twice, a required one is missing, or records stand in
        the header's line: they would be told as names of unknown columns, and not be read. Below a header without records
        nobody can tell an unknown column from them, so that such a header holds none.
    """
    found = [column_of(text, contract) for text in texts]
    known = [column for column in found if column is not None]
    headers = "、".join(column.header for column in contract.columns)
    if not known:
        raise rejected("no_header", name, feed=contract.feed, title=contract.title, headers=headers)
    numbers = [column.pattern for column in contract.columns if column.owned_by and column.pattern]
    if any(re.fullmatch(pattern, (text or "").strip()) for text in texts for pattern in numbers):
        raise rejected("header_values", name)
    more = sum(column is None and bool((text or "").strip()) for text, column in zip(texts, found, strict=True))
    if more and rows == 0:
        raise rejected("header_alone", name, count=more, title=contract.title, headers=headers)
    twice = sorted({column.header for column in known if known.count(column) > 1})
    if twice:
        raise rejected("header_twice", name, rows, columns="、".join(twice))
    missing = tuple(column for column in contract.columns if column not in known)
    required = [column.header for column in missing if column.required]
    if required:
        raise rejected("header_missing", name, rows, columns="、".join(required), headers=headers)
    unknown = tuple(str(text) for text, column in zip(texts, found, strict=True) if column is None and text)
    return Header(tuple(found), unknown, missing, tuple(str(text or "") for text in texts))


def column_of(text: str | None, contract: Contract) -> Column | None:
    """The column that a header text names, None for none; templates mark what must be filled in, which is no part of it."""
    folded = FILLING.sub("", normalise(text or ""))
    return next((column for column in contract.columns if folded in column.accepted_headers), None)


def known_columns(row: Sequence[str | None], contract: Contract) -> int:
    """How many columns of the contract a row names."""
    return sum(column_of(text, contract) is not None for text in row)


def header_row(rows: Sequence[Sequence[str | None]], contract: Contract) -> int:
    """Index of the row that names most columns of the contract, the first of equals."""
    counts = [known_columns(row, contract) for row in rows]
    return counts.index(max(counts)) if counts else 0


def open_source(
    name: str, found: Inspection, contract: Contract, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> Source:
    """Make a delivered file queryable.

    Parameters
    ----------
    name: what messages call the file.

    Raises
    ------
    FileRejected: the file is not of the format that its name promises, or its header does not fit the contract.
    """
    match found.kind:
        case "excel":
            from hotline.ingest.workbook import open_excel  # takes 0.1 s to import, and most files are text

            return open_excel(name, found, contract, scratch, connection)
        case "html":
            from hotline.ingest.html_table import open_html

            return open_html(name, found, contract, scratch)
        case "ndjson" | "json":
            return _open_json(name, found, contract, connection)
        case _:
            return open_text(name, found, contract)


# text ------------------------------------------------------------------------------------------------
def _head(path: Path) -> list[str]:
    """The first lines, each with its end; what is longer than a piece is cut."""
    with open_bytes(path) as handle:
        lines = list(islice(iter(lambda: handle.readline(CHUNK), b""), 3 * LINES_LOOKED_AT))
    texts = [line.decode("utf-8", "replace") for line in lines]
    texts[0] = texts[0].lstrip("\ufeff")
    return texts


def _records(lines: Sequence[str], delimiter: str) -> tuple[list[tuple[list[str], int]], bool]:
    """Records at the begin of a text, each with the number of its last line, and whether a quotation mark is torn.

    The grammar is that of DuckDB's reader in the statement below: blanks between separator and quotation mark count for
    nothing, a quotation mark inside a quoted value is doubled, nothing but blanks follows the closing one.
    """
    csv.field_size_limit(LONGEST_RECORD)
    reader = csv.reader(_without_blanks(lines, delimiter), delimiter=delimiter, skipinitialspace=True, strict=True)
    records = []
    try:
        for record in islice(reader, LINES_LOOKED_AT):
            records.append((record, reader.line_num))
    except csv.Error:
        return records, True
    return records, False


def _without_blanks(lines: Sequence[str], delimiter: str) -> list[str]:
    """Lines without the blanks between a closing quotation mark and the separator, which Python's reader refuses."""
    behind = re.compile(rf'" +(?={re.escape(delimiter)}|\s*$)')
    return [behind.sub('"', line) if '" ' in line else line for line in lines]


def open_text(name: str, found: Inspection, contract: Contract) -> Source:
    """Make a delimited text queryable; see ``open_source``."""
    lines = _head(found.readable)

    def best(delimiter: str) -> int:
        records, _ = _records(lines, delimiter)
        return max((known_columns(record, contract) for record, _ in records), default=0)

    delimiter = max(DELIMITERS, key=best)
    records, is_torn = _records(lines, delimiter)
    if not best(delimiter) and is_torn:
        raise rejected("header_quotes", name)
    at = header_row([record for record, _ in records], contract)
    texts, line = records[at] if records else ([], 0)
    if len(texts) > MOST_COLUMNS:
        raise rejected("too_wide", name, columns=len(texts), limit=MOST_COLUMNS)
    above = sum(bool(text.encode().strip(BLANKS)) for text in lines[:line])
    rows = max(found.lines - above, 0)
    if is_torn and _lacks_required(texts, contract):
        raise rejected("header_quotes", name)
    if any("\n" in text and delimiter in text and column_of(text, contract) is None for text in texts):
        raise rejected("header_quotes", name)  # one cell has swallowed records
    header = match_header(name, texts, contract, rows)
    columns = ", ".join(f"{literal(column_name(index))}: 'varchar'" for index in range(len(header.columns)))
    relation = f"""(
        select *, null as shape_error from read_csv(
            {literal(str(found.readable))}, auto_detect = false, header = false, skip = {at + 1}, columns = {{{columns}}},
            delim = {literal(delimiter)}, quote = '"', escape = '"', new_line = '\\n', nullstr = '',
            max_line_size = {LONGEST_RECORD}, strict_mode = true, store_rejects = true
        )
    )"""
    return Source(relation, header, delimiter, line + 1, rows, has_lines=found.empty_lines == 0)


def _lacks_required(texts: Sequence[str], contract: Contract) -> bool:
    known = [column_of(text, contract) for text in texts]
    return any(column.required and column not in known for column in contract.columns)


# JSON ------------------------------------------------------------------------------------------------
def _lists_of_objects(each: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Keys of the first object below which a list of objects stands: an answer of an interface, saved as it came."""
    is_object = "case when json_valid(line) then json_type(line) = 'OBJECT' end"
    (first,) = connection.execute(f"select line from {each} where {is_object} limit 1").fetchone()
    try:
        values = json.loads(first).items()
    except RecursionError:  # nested deeper than anybody's records
        return []
    return [key for key, value in values if isinstance(value, list) and any(isinstance(part, dict) for part in value)]


def _open_json(name: str, found: Inspection, contract: Contract, connection: duckdb.DuckDBPyConnection) -> Source:
    file = literal(str(found.readable))
    if found.kind == "json":
        lines = f"read_json_objects({file}, format = 'array', maximum_object_size = {LONGEST_RECORD})"
        each = f"(select json as line from {lines})"
    else:
        each = f"""(
            select ltrim(line, chr(65279)) as line from read_csv(
                {file}, auto_detect = false, header = false, columns = {{'line': 'varchar'}},
                delim = {literal(NO_DELIMITER)}, quote = '', escape = '', new_line = '\\n',
                max_line_size = {LONGEST_RECORD}, store_rejects = true
            )
        )"""
    is_object = "(json_valid(line) and json_type(line) = 'OBJECT')"
    try:
        keys = connection.execute(f"""
            select key from (
                select unnest(json_keys(line)) as key from (select case when {is_object} then line end as line from {each})
            ) group by key order by key limit {MOST_COLUMNS + 1}
        """).fetchall()
        rows = (
            found.lines
            if found.kind == "ndjson"
            else connection.execute(f"select count(*) from {each}").fetchall()[0][0]
        )
    except duckdb.InvalidInputException as error:
        why = re.sub(r' in file ".*?"(?=[,. ]|$)', "", str(error).splitlines()[0])  # its name is one of ours
        raise rejected("not_json", name, why=why) from error
    names = [key for (key,) in keys]
    if not names and rows:
        # an object may stand in many lines, so that of lines nobody knows how many records they are
        counted = rows if found.kind == "json" else None
        why = "it holds no object with a value" if counted else "no line of it is one JSON object with a value"
        raise rejected("not_json", name, counted, why=why)
    if not names:  # an array without elements has no header, and says as much as a header without rows
        names, each = [column.name for column in contract.columns], f"(select * from {each} where false)"
    if len(names) > MOST_COLUMNS:
        raise rejected("too_wide", name, rows, columns=len(names), limit=MOST_COLUMNS)
    if not known_columns(names, contract) and (inner := _lists_of_objects(each, connection)):
        raise rejected("not_json", name, why=f"its records stand below the key {inner[0]}")
    header = match_header(name, names, contract, rows)
    # only keys that the contract knows are looked for: others may hold any sign, that of a pattern among them
    known = [(key, column) for key, column in zip(names, header.columns, strict=True) if column is not None]
    keys_known = ", ".join(literal(key) for key, _ in known)
    paths = ", ".join(literal(f'$."{key}"') for key, _ in known)
    columns = ", ".join(f"nullif(texts[{index + 1}], '') as {column_name(index)}" for index in range(len(known)))
    # a record whose only values stand under other keys is no blank one, as in every other format
    is_bare = f"coalesce(trim(array_to_string(texts, ''), {literal(WHITE_SPACE + WIDTHLESS)}), '') = ''"
    other = f"case when {is_bare} then array_to_string(json_extract_string(line, '$.*'), '') end"
    relation = f"""(
        select {columns}, {other} as {column_name(len(known))},
            case when texts is null then 'invalid_json'
                when list_unique(json_keys(line)) < len(json_keys(line)) then 'twice'
                when list_has_any(types, ['OBJECT', 'ARRAY']) then 'nested' end as shape_error
        from (
            select
                line, types,
                case when list_contains(types, 'DOUBLE') then json_texts(line, [{keys_known}])
                    else json_extract_string(line, [{paths}]) end as texts
            from (
                select line, json_type(line, [{paths}]) as types
                from (select case when {is_object} then line end as line from {each})
            )
        )
    )"""
    known_header = Header(
        (*(column for _, column in known), None), header.unknown, header.missing, (*(key for key, _ in known), "")
    )
    has_lines = found.kind == "ndjson" and found.empty_lines == 0
    return Source(relation, known_header, "", 1, rows, has_lines=has_lines, counts_blank=True)
