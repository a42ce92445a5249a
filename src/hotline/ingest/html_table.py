"""An HTML table, which many systems export under the name of a workbook: its cells go into a CSV file and are read there.

A cell over several rows holds for each of them. A row with one over several columns of the contract breaks the rule ``merged``.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TextIO

from hotline.contracts import Contract
from hotline.ingest.files import CHUNK, Inspection, open_bytes
from hotline.ingest.rules import note, rejected
from hotline.ingest.sources import LINES_LOOKED_AT, MOST_COLUMNS, Source, column_name, known_columns, open_text

MOST_TABLES = 50
COVERED = column_name(0)
"""First column of the CSV file: which columns of the table a wider cell covers."""


class _Tables(HTMLParser):
    """Writes each table of a page as a CSV file; a table inside a cell is text of that cell."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.scratch = scratch
        self.tables: list[tuple[Path, list[list[str]], int]] = []
        """File, first rows and number of rows of each table."""
        self.has_merged = False
        self._depth = 0
        self._file: TextIO | None = None
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._span = 1
        self._rows = 1
        self._above: dict[int, tuple[str, int, bool]] = {}
        """Column to the text of a cell that reaches down into the next rows, into how many, and whether it only covers it."""
        self._covered: list[int] = []
        """Columns of the row that a cell covers which begins left of them: nobody can tell which of them it fills."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1 and len(self.tables) < MOST_TABLES:
                path = self.scratch / f"table{len(self.tables)}.csv"
                self._file = path.open("w", encoding="utf-8", newline="\n")
                self.tables.append((path, [], 0))
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self._row = []
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()
            self._cell, told = [], dict(attrs)
            self._span, self._rows = min(_count(told.get("colspan")), MOST_COLUMNS), _count(told.get("rowspan"))
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._depth:
            if self._depth == 1:
                self.end_table()
            self._depth -= 1
        elif self._depth == 1 and tag == "tr":
            self._end_row()
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        lines = (" ".join(line.split()) for line in "".join(self._cell).split("\n")) if len(self._cell) > 1 else None
        text = " ".join("".join(self._cell).split()) if lines is None else "\n".join(lines).strip()
        if self._row is None:
            self._row = []
        self._take_from_above()
        if self._rows > 1:  # what is written once for several rows holds for each
            self.has_merged = True
            self._above |= {
                len(self._row) + n: (text if n == 0 else "", self._rows, bool(n and text)) for n in range(self._span)
            }
        if text:
            self._covered += range(len(self._row) + 1, len(self._row) + self._span)
        self._row += [text] + [""] * (self._span - 1)
        self._cell = None

    def _take_from_above(self) -> None:
        """Put the cells in that reach down from the rows above, as far as they come next."""
        while self._row is not None and len(self._row) in self._above:
            text, _, is_covered = self._above[len(self._row)]
            self._covered += [len(self._row)] * is_covered
            self._row.append(text)

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is None:
            return
        self._take_from_above()
        self._above = {
            column: (text, rows - 1, covers) for column, (text, rows, covers) in self._above.items() if rows > 1
        }
        if self._row and self._file is not None:
            path, first, count = self.tables[-1]
            covered = ",".join(map(str, self._covered))
            csv.writer(self._file, lineterminator="\n").writerow([covered, *self._row])
            if len(first) < LINES_LOOKED_AT:
                first.append(self._row)
            self.tables[-1] = (path, first, count + any(self._row))
        self._row, self._covered = None, []

    def end_table(self) -> None:
        self._end_row()
        self._above = {}
        if self._file is not None:
            self._file.close()
            self._file = None


def _count(told: str | None) -> int:
    """How many columns or rows a cell spans."""
    return max(int(told), 1) if told and told.isascii() and told.isdigit() and len(told) < 8 else 1


def open_html(name: str, found: Inspection, contract: Contract, scratch: Path) -> Source:
    """Make the one table of a page that fits the contract queryable.

    Raises
    ------
    FileRejected: no table has the contract's header, or more than one has.
    """
    parser = _Tables(scratch)
    with open_bytes(found.readable) as handle:
        while chunk := handle.read(CHUNK):
            parser.feed(chunk.decode("utf-8", "replace"))
        parser.close()
    parser.end_table()
    required = sum(column.required for column in contract.columns)
    fits = [
        table
        for table in parser.tables
        if max((known_columns(row, contract) for row in table[1]), default=0) >= required
    ]
    if len(fits) > 1:
        raise rejected("two_tables", name, sheets=len(fits))
    if not any(first for _, first, _ in parser.tables):
        raise rejected("no_header", name, feed=contract.feed, title=contract.title,
                       headers="、".join(column.header for column in contract.columns))  # fmt: skip
    path, _, rows = fits[0] if fits else max(parser.tables, key=lambda table: table[2])
    table = Inspection(found.content_hash, found.size_bytes, "text", found.encoding, found.has_bom, rows, True,
                       found.undecodable, path)  # fmt: skip
    source = open_text(name, table, contract)
    known = ", ".join(f"'{at - 1}'" for at, column in enumerate(source.header.columns) if column is not None)
    relation = f"""(
        select * replace (
            case when list_has_any(string_split({COVERED}, ','), [{known}]) then 'merged' end as shape_error, null as {COVERED}
        ) from {source.relation}
    )"""
    notes = (note("merged"),) if parser.has_merged else ()
    header = replace(
        source.header, unknown=tuple(filter(lambda text: text != source.header.texts[0], source.header.unknown))
    )
    return Source(relation, header, "", source.first_line, source.lines, notes=notes)
