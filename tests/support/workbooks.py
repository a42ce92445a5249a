"""Filling in a template as a clerk does: rows below its header, every cell as text."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from hotline.contracts import load_contracts
from hotline.contracts.documents import write_template


def filled(feed: str, rows: list[dict[str, str]], target: Path) -> bytes:
    """The template of the feed with the rows under its header. A name that it has no column for is an error."""
    contract = load_contracts()[feed]
    columns = [column.header for column in contract.columns]
    assert {name for row in rows for name in row} <= set(columns)
    write_template(contract, target)
    written = "".join(_row(number, [row.get(name, "") for name in columns]) for number, row in enumerate(rows, start=2))
    with zipfile.ZipFile(target) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</sheetData>", written.encode() + b"</sheetData>")
    parts[sheet] = re.sub(rb'<dimension ref="[^"]*"/>', b"", parts[sheet])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return target.read_bytes()


def _row(number: int, values: list[str]) -> str:
    cells = [
        f'<c r="{_letters(index)}{number}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        for index, value in enumerate(values)
        if value
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _letters(index: int) -> str:
    """
    >>> _letters(0), _letters(27)
    ('A', 'AB')
    """
    return (_letters(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)
