"""Excel workbooks: which sheet holds the table, how large it is, and what its cells print.

fastexcel (calamine) gives the stored values quickly, in a process of its own (``workbook_reader``). What it does not tell
is read from the workbook's own XML, and only where it is needed: hidden sheets, error values, merged cells, and how a
decimal number is printed (0.9954 as 99.54 %, 100 as 100.00).
"""

from __future__ import annotations

import io
import mmap
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from pathlib import Path
from xml.etree import ElementTree

import duckdb

from hotline.contracts import Contract
from hotline.ingest import workbook_reader
from hotline.ingest.archives import plain_name
from hotline.ingest.files import Inspection, literal
from hotline.ingest.merged_cells import MOST_MERGED, Area, binary_records
from hotline.ingest.rules import Note, note, rejected
from hotline.ingest.sources import (
    LINES_LOOKED_AT,
    MOST_COLUMNS,
    Header,
    Source,
    column_name,
    header_row,
    known_columns,
    match_header,
)
from hotline.ingest.statement import is_blank, takes_decimals

WIDEST = 16 * MOST_COLUMNS
FAR_CELL = re.compile(rb"\br\s*=\s*[\"']([A-Z]*)(\d{1,10})[\"']", re.IGNORECASE)
SHAPE = -1
"""In the place of a column: the rule that the whole row breaks."""
CELL = re.compile("([A-Za-z]{1,6})([0-9]{1,10})")
LOCAL_HEADER, LOCAL_LENGTHS, LOCAL_LENGTHS_AT = 30, struct.Struct("<HH"), 26
"""Of a member in an archive: bytes before its name, and where the lengths of name and extra field stand."""
TAIL = 1 << 20
END_OF_ROWS = re.compile(rb"sheetData\s*/?>")
MERGED = re.compile(rb"mergeCell [^>]*?\bref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)")
ROW = re.compile(rb"row(?: [^>]*)?>\s*<(?:\w+:)?c [^>]*?\br\s*=\s*[\"'][A-Za-z]+(\d+)")
"""A row that holds cells: its number, as the first of them says it, for it is the cells that the reader goes by."""
ODD_CELLS = (
    re.compile(rb" t=[\"']e[\"']"),
    re.compile(rb"<f(?:/| [^>]*/|[^>]*>[^<]*</f)>\s*(?:<v\s*/>|<v></v>|</c>)"),
    re.compile(rb"<v>-?(?:\d{16}|\d(?:\.\d+)?[Ee]\+?(?:1[5-9]|[2-9]\d|\d{3}))"),
)
"""An error value, a formula that was never calculated, a number with more digits than a cell keeps.
Each begins with signs of its own: one pattern for all would be tried at every byte."""
PREFIX = re.compile(rb"<(\w+:)worksheet\b")
"""What stands before every name of a sheet, as some programs write them."""
MOST_CELLS_AT_ONCE = 1_000
"""That one match of plain cells takes, for each is held until it ends."""
MOST_ODD_CELLS = 1_000_000
"""Cells of a sheet that print something else than they store: each is held in memory."""
DIGITS_KEPT = 15
LARGEST_POWER = 308
"""Of ten: a cell holds no larger number."""
MOST_DIGITS = 18
"""Before the point: no column takes more."""
LONGEST_FORMAT = 255
"""Characters that Excel takes; behind the point of a longer one there would be room for megabytes of noughts a cell."""
UNCALCULATED = "#CALC!"
"""What a formula without a result is read as: programs write it, and only a spreadsheet program calculates it."""
_CODES = rb"[\x00\x07\x0f\x17\x1d\x24\x2a]"
OLD_ERROR = re.compile(
    rb"\x05\x02\x08\x00(?s:.{6})" + _CODES + rb"\x01|\x06\x00(?s:.{8})\x02(?s:.)" + _CODES + rb"(?s:.{3})\xff\xff"
)
"""Records BoolErr and Formula of an ``.xls`` that hold an error value ([MS-XLS] 2.4.24, 2.5.133)."""
BINARY_ERRORS = {3, 11}
"""Records BrtCellError and BrtFmlaError of an ``.xlsb`` ([MS-XLSB] 2.4.308, 2.4.681)."""
INSTRUCTIONS = "填报说明"
"""The second sheet of our own templates: that it is left out is no news."""
BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
            40: "#,##0.00"}  # fmt: skip
"""Number formats that a workbook refers to without spelling them out (ECMA-376, 18.8.30)."""
CONDITION = re.compile(r"\[[<>=]")
LITERAL = re.compile(r'\[[^\]]*\]|[_*].|"([^"]*)"|[\\!](.)')
"""Parts of a number format that are no digits: colours and conditions, blanks of a width, signs that are printed as they are."""
AS_SIGNS = str.maketrans("#?0.,%E", "＃？０．，％Ｅ")
PRINTED = re.compile(r"([^#?0.%E]*?)([#?0,]*[#?0])?(?:\.([#?0]*))?( ?%)?([^#?0%]*)")
"""Signs before, digits before the point and behind it, percent, signs behind."""
AS_STORED = re.compile(r"(?i)general|@|[#?0.,]+E[+-][#?0]+|[#?0 ]+/[#?0-9 ]+|")
"""Formats that print the number itself, as far as it can be told."""


@dataclass(frozen=True)
class _Sheet:
    name: str
    is_hidden: bool
    relation: str
    """Table expression with the text columns ``c0``, ``c1``, … of all its rows, from the sheet's first."""
    head: list[tuple]
    """The first rows with any value: ``(row from 0, texts …)``."""
    rows: int
    columns: int
    left: int
    """Columns left of the first used one, which the reader leaves out."""
    member: str | None
    """Where it stands in the archive; None for the binary formats, which have none."""
    merged: list[Area]
    """In the binary formats, which cells are merged."""


def open_excel(
    name: str, found: Inspection, contract: Contract, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> Source:
    """Make the one visible sheet that fits the contract queryable.

    Raises
    ------
    FileRejected: it is no workbook, is too large, or not exactly one visible sheet has the contract's header.
    """
    try:
        return _open(name, found, contract, scratch, connection)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, NotImplementedError, EOFError) as error:
        raise _no_workbook(name, error) from error


def _open(
    name: str, found: Inspection, contract: Contract, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> Source:
    path = _named_by_content(found.readable, scratch)
    book = path if path.suffix == ".xlsx" else None
    parts = _parts(book) if book else {}
    try:
        loaded = workbook_reader.read(path, scratch)
    except workbook_reader.NoWorkbook as error:
        raise _no_workbook(name, error) from error
    except workbook_reader.Ended as error:
        raise _cause_of_end(name, book, parts, error) from error
    sheets = []
    for sheet in loaded:
        if sheet["rows"] * sheet["columns"] > workbook_reader.MOST_CELLS or sheet["columns"] > WIDEST:
            raise rejected("too_many_cells", name, sheet=sheet["name"], reach=sheet["rows"],
                           columns=sheet["first_column"] + sheet["columns"])  # fmt: skip
        is_hidden, member = parts.get(sheet["name"], (sheet["is_hidden"], None))
        if book and member is None:
            raise rejected("not_a_workbook", name, why=f"its sheet {sheet['name']} is not where it says")
        relation = f"read_parquet({literal(sheet['file'])})"
        sheets.append(_Sheet(
            sheet["name"], is_hidden or sheet["is_hidden"], relation, _head(relation, sheet["columns"], connection),
            sheet["rows"], sheet["columns"], sheet["first_column"], member, sheet.get("merged", []),
        ))  # fmt: skip
    if not book and _has_untold_errors(path):
        raise rejected("untold_errors", name)
    return _table(name, book, sheets, contract, connection)


def _head(relation: str, columns: int, connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    names = ", ".join(map(column_name, range(columns)))
    return connection.execute(f"""
        select file_row_number, {names} from {relation[:-1]}, file_row_number = true)
        where coalesce({names}) is not null limit {LINES_LOOKED_AT}
    """).fetchall()


def _cause_of_end(name: str, book: Path | None, parts: dict, error: workbook_reader.Ended) -> Exception:
    """Why the reader ended over a workbook: too large a sheet is looked for only then, for it takes as long as reading."""
    if not error.is_memory:
        return rejected("not_a_workbook", name, why=error)
    for sheet, (_, member) in parts.items():
        if book is None or member is None:
            continue
        with zipfile.ZipFile(book) as archive:
            places = [
                (_column_number(letters.upper()), int(row)) for letters, row in FAR_CELL.findall(archive.read(member))
            ]
        columns, rows = (max((place[n] for place in places), default=0) for n in (0, 1))
        if rows * columns > workbook_reader.MOST_CELLS or columns > WIDEST:
            return rejected("too_many_cells", name, sheet=sheet, reach=rows, columns=columns)
    return rejected("too_much_memory", name)


def _has_untold_errors(path: Path) -> bool:
    """Whether a workbook of a binary format holds error values: its reader gives them as empty cells."""
    if path.suffix == ".xls":
        with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return OLD_ERROR.search(content) is not None
    with zipfile.ZipFile(path) as archive:
        sheets = [
            member for member in archive.namelist() if member.startswith("xl/worksheets/") and member.endswith(".bin")
        ]
        return any(
            not BINARY_ERRORS.isdisjoint(kind for kind, *_ in binary_records(archive.read(sheet))) for sheet in sheets
        )


def _no_workbook(name: str, error: Exception) -> Exception:
    text = str(error).splitlines()[0] if str(error) else repr(error)
    if "password" in text.lower() or "encrypted" in text.lower():
        return rejected("encrypted", name)
    return rejected("not_a_workbook", name, why=text)


def _named_by_content(path: Path, scratch: Path) -> Path:
    """The workbook under the suffix of what it is: the reader goes by suffixes, and clerks rename files."""
    suffix = ".xls"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            suffix = ".xlsb" if "xl/workbook.bin" in archive.namelist() else ".xlsx"
    link = scratch / f"workbook{suffix}"
    link.symlink_to(path.absolute())
    return link


def _table(
    name: str, book: Path | None, sheets: list[_Sheet], contract: Contract, connection: duckdb.DuckDBPyConnection
) -> Source:
    sheet = _chosen(name, sheets, contract)
    above, *header_texts = sheet.head[header_row([texts for _, *texts in sheet.head], contract)]
    if sheet.columns > MOST_COLUMNS:
        raise rejected("too_wide", name, columns=sheet.columns, limit=MOST_COLUMNS)
    first = above + 1
    """Row of the first record, from 0."""
    relation = f"(select *, null::varchar as shape_error from {sheet.relation} offset {first})"
    rows = connection.execute(f"select count(*) from {relation} where not {is_blank(sheet.columns)}").fetchall()[0][0]
    header = match_header(name, header_texts, contract, rows)
    notes: list[Note] = []
    if others := [other.name for other in sheets if other is not sheet and other.name != INSTRUCTIONS]:
        notes.append(note("sheet", sheet=sheet.name, others="、".join(others)))
    decimals = {index for index, column in enumerate(header.columns) if column is not None and takes_decimals(column)}
    patches, areas = [], sheet.merged
    if book is None:
        if decimals and rows:
            raise rejected("printed_numbers", name, rows)
    else:
        with _stored(book, sheet.member) as xml:
            _check_rows(xml, name)
            patches, areas = _printed(xml, book, sheet, header, decimals, first, name), _merged(xml, name)
        if printed := sum(index in decimals for _, index, _ in patches):
            notes.append(note("printed", count=printed))
    if merged := _in_table(areas, sheet, first):
        patches += _spread(merged, patches, relation, sheet, header, name, connection)
        notes.append(note("merged"))
    if patches:
        relation = _patched(relation, patches, sheet.columns, connection)
    relation = _counted_from_1900(relation, header.columns, _days_after_1900(book) if book else 0)
    relation = _whole_seconds(relation, header.columns, sheet.columns)
    return Source(relation, header, "", first + 1, rows, notes=tuple(notes))


def _chosen(name: str, sheets: list[_Sheet], contract: Contract) -> _Sheet:
    """The one visible sheet with the columns that the contract requires, or the visible one that has most of its columns."""
    required = sum(column.required for column in contract.columns)
    known = {
        sheet.name: max(known_columns(texts, contract) for _, *texts in sheet.head) for sheet in sheets if sheet.head
    }
    sheets = [sheet for sheet in sheets if sheet.head]
    visible = [sheet for sheet in sheets if not sheet.is_hidden]
    good = [sheet for sheet in visible if known[sheet.name] >= required]
    if len(good) > 1:
        raise rejected("two_tables", name, sheets="、".join(sheet.name for sheet in good))
    if not good:
        hidden = next((sheet for sheet in sheets if sheet.is_hidden and known[sheet.name] >= required), None)
        if hidden:
            raise rejected("hidden_sheet", name, sheet=hidden.name)
        if not visible:
            raise rejected("empty_sheet", name)
    return max(good or visible, key=lambda sheet: known[sheet.name])


def _counted_from_1900(relation: str, columns: tuple, days: int) -> str:
    """Serial numbers of days in time and date columns as a workbook has them that counts from 1900."""
    dates = [
        n for n, column in enumerate(columns) if column is not None and column.logical_type in ("timestamp", "date")
    ]
    counted = ", ".join(
        f"case when regexp_full_match({name}, '[1-9][0-9]{{3,4}}([.][0-9]+)?') "
        f"then cast(cast({name} as double) + {days} as varchar) else {name} end as {name}"
        for name in map(column_name, dates)
    )
    return f"(select * replace ({counted}) from {relation})" if dates and days else relation


def _whole_seconds(relation: str, columns: tuple, count: int) -> str:
    """Times to the nearest second: a date cell holds a fraction of a day, and no fraction is a whole second exactly."""
    times = [index for index, column in enumerate(columns) if column is not None and column.logical_type == "timestamp"]
    if not times:
        return relation
    rounded = ", ".join(
        f"case when {name} like '____-__-__ __:__:__._%' then coalesce(strftime(try_cast({name} as timestamp) "
        f"+ interval 500 milliseconds, '%Y-%m-%d %H:%M:%S'), {name}) else {name} end as {name}"
        for name in map(column_name, times)
    )
    return f"(select * replace ({rounded}) from {relation})"


# the workbook's own XML --------------------------------------------------------------------------------
def _parts(path: Path) -> dict[str, tuple[bool, str | None]]:
    """Of each sheet by its name whether it is hidden, and the member that it stands in."""
    with zipfile.ZipFile(path) as archive:
        book = _xml(archive, "xl/workbook.xml")
        relations = _xml(archive, "xl/_rels/workbook.xml.rels")
        members = {plain_name(member): member for member in archive.namelist()}
    targets = {node.get("Id"): node.get("Target", "") for node in relations}
    parts = {}
    for node in book.iter():
        if _tag(node) != "sheet":
            continue
        relation = next((value for key, value in node.attrib.items() if key.endswith("}id")), "")
        target = targets.get(relation, "")
        place = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
        parts[node.get("name", "")] = (node.get("state", "visible") != "visible", members.get(plain_name(place)))
    return parts


def _days_after_1900(path: Path) -> int:
    """How many days later than usual the workbook begins to count them: those of a Macintosh begin with 1904."""
    with zipfile.ZipFile(path) as archive:
        about = next((node for node in _xml(archive, "xl/workbook.xml").iter() if _tag(node) == "workbookPr"), None)
    return 1462 if about is not None and about.get("date1904") in {"1", "true"} else 0


def _xml(archive: zipfile.ZipFile, place: str) -> ElementTree.Element:
    members = {plain_name(member): member for member in archive.namelist()}
    if plain_name(place) not in members:  # a document of another program in the same wrapping
        raise zipfile.BadZipFile(f"it has no part {place}")
    text = archive.read(members[plain_name(place)])
    _check_no_entities(text)
    return ElementTree.fromstring(text)  # noqa: S314 -- without entities there is nothing to expand or to fetch


def _check_no_entities(text: bytes) -> None:
    """Workbooks declare no entities; one that does wants the reader's memory or its files."""
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ElementTree.ParseError("it declares entities")


def _tag(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@contextmanager
def _stored(book: Path, member: str) -> Iterator[memoryview]:
    """A member's bytes where they lie, for sheets are long: ``archives.stored_workbook`` has unpacked them."""
    with (
        zipfile.ZipFile(book) as archive,
        book.open("rb") as source,
        mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content,
        memoryview(content) as whole,
    ):
        about = archive.getinfo(member)
        name, extra = LOCAL_LENGTHS.unpack_from(whole, about.header_offset + LOCAL_LENGTHS_AT)
        begin = about.header_offset + LOCAL_HEADER + name + extra
        with whole[begin : begin + about.file_size] as xml:
            yield xml


def _formats(book: Path) -> list[str]:
    """Number format of every cell style, by the style's number."""
    try:
        with zipfile.ZipFile(book) as archive:
            styles = _xml(archive, "xl/styles.xml")
    except KeyError:
        return []
    own = {node.get("numFmtId"): node.get("formatCode", "") for node in styles.iter() if _tag(node) == "numFmt"}
    cells = next((node for node in styles if _tag(node) == "cellXfs"), [])
    return [own.get(node.get("numFmtId")) or BUILT_IN.get(int(node.get("numFmtId") or 0), "") for node in cells]


def _printed(
    xml: memoryview, book: Path, sheet: _Sheet, header: Header, decimals: set[int], first: int, name: str
) -> list[tuple[int, int, str]]:
    """``(row below the header from 0, column, text)`` of cells that print something else than they store."""
    begin = bytes(xml[:4096])
    is_prefixed = b"<worksheet" not in begin
    if not (decimals or is_prefixed or any(odd.search(xml) for odd in ODD_CELLS)):
        return []
    prefix = PREFIX.search(begin)
    rest, formats = _plain_cells(prefix[1] if prefix else b"", not decimals).sub(b"", xml), _formats(book)
    _check_no_entities(rest)
    identifiers = {n for n, column in enumerate(header.columns) if column is not None and column.is_identifier}
    found, row, column = [], 0, 0
    for event, node in ElementTree.iterparse(io.BytesIO(rest), ("start", "end")):  # noqa: S314 -- as above
        tag = _tag(node)
        if event == "start" and tag == "row":
            row, column = int(node.get("r") or row + 1), 0
        elif event == "end" and tag == "c":
            place = CELL.fullmatch(node.get("r") or "")
            column = _column_number(place[1].upper().encode()) if place else column + 1
            at, index = (int(place[2]) if place else row) - 1 - first, column - 1 - sheet.left
            text = _cell_text(node, formats, index in decimals, index in identifiers)
            if text is not None and at >= 0 and 0 <= index < sheet.columns:
                found.append((at, index, text))
                if len(found) > MOST_ODD_CELLS:
                    raise rejected("too_much_memory", name)
            node.clear()
        elif event == "end" and tag == "row":
            node.clear()
    return found


def _plain_cells(prefix: bytes, with_numbers: bool) -> re.Pattern[bytes]:
    """Cells written as nearly all are that print what they store: what is left without them is soon parsed, and rows stay.

    A cell that the next one or its own text needs a parser for is not matched: the next one must say its place, and
    text holds neither entities nor signs that XML forbids.
    """
    place, text = '<c r="[A-Z]{1,6}[0-9]{1,10}"', r"[^<&\x00-\x08\x0b\x0c\x0e-\x1f]"
    formula = f'(?:<f(?: [A-Za-z]+="[^<&"]*")*(?:/>|>{text}*</f>))?'
    forms = [
        "/>",
        f' t="inlineStr"><is><t(?: xml:space="preserve")?>{text}*</t></is></c>',
        f' t="(?:s|str|b)">{formula}<v>{text}+</v></c>',
    ]
    if with_numbers:  # of fewer digits than those that lose some
        forms.append(f'(?: t="n")?>{formula}<v>-?[0-9]{{1,{DIGITS_KEPT}}}(?:[.][0-9]*)?</v></c>')
    cell = f'{place}(?: s="[0-9]{{1,9}}")?(?:{"|".join(forms)})'
    plain = f"(?:{cell}){{1,{MOST_CELLS_AT_ONCE}}}(?={place}|</row>)".encode()
    return re.compile(re.sub(rb"<(/?)(?=[a-z])", rb"<\g<1>" + prefix, plain))


def _check_rows(xml: memoryview, name: str) -> None:
    """Raise FileRejected when two rows bear one number: the reader would give the last of them alone, without a word."""
    last, known = 0, None
    for place in ROW.finditer(xml):
        number = int(place[1])
        if known is None and number <= last:  # rows stand in order; where they do not, all are held against each other
            known = {int(earlier[1]) for earlier in ROW.finditer(xml[: place.start()])}
        if known is not None:
            if number in known:
                raise rejected("not_a_workbook", name, why=f"row {number} stands in its sheet twice")
            known.add(number)
        last = number


def _merged(xml: memoryview, name: str) -> list[Area]:
    """First and last row, first and last column of each merged cell, from 0.

    They stand behind the rows (ECMA-376, 18.3.1.99), of which there may be many.
    """
    behind_rows = xml
    for length in (TAIL, len(xml)):
        behind_rows = bytes(xml[-length:])
        if END_OF_ROWS.search(behind_rows):
            break
    found = []
    for place in MERGED.finditer(behind_rows):
        left, top, right, bottom = place.groups()
        found.append((int(top) - 1, int(bottom) - 1, _column_number(left) - 1, _column_number(right) - 1))
        if len(found) > MOST_MERGED:
            raise rejected("too_much_memory", name)
    return found


def _in_table(areas: list[Area], sheet: _Sheet, first: int) -> list[Area]:
    """Merged cells below the header: rows from the first record, columns of the table."""
    places = (
        (top - first, min(bottom, sheet.rows - 1) - first, left - sheet.left, right - sheet.left)
        for top, bottom, left, right in areas
    )
    return [place for place in places if place[0] >= 0 and (place[0] < place[1] or place[2] < place[3])]


def _spread(
    merged: list[Area], patches: list[tuple[int, int, str]], relation: str, sheet: _Sheet,
    header: Header, name: str, connection: duckdb.DuckDBPyConnection,
) -> list[tuple[int, int, str]]:  # fmt: skip
    """What a merged cell prints, for each row that it covers below its first: a workbook keeps the text in the first alone.

    Across columns of the contract nobody can tell which of them it fills: such rows break the rule ``merged``.
    """
    if sum(last - top + 1 for top, last, *_ in merged) > (sheet.rows + 1) * sheet.columns:
        raise rejected("not_a_workbook", name, why="its merged cells overlap")
    printed = {(at, column): text for at, column, text in patches}
    kept = connection.execute(f"""
        select * from (select row_number() over () - 1 as nth, * from {relation}) where list_contains($1, nth)
    """, [sorted({top for top, *_ in merged})]).fetchall()  # fmt: skip
    texts = {row[0]: row[1:] for row in kept}
    found = []
    for top, last, left, right in merged:
        known = [n for n, column in enumerate(header.columns) if column is not None and left <= n <= right]
        if left < right and known and known != [left]:
            found += [(row, SHAPE, "merged") for row in range(top, last + 1)]
        elif known:
            text = printed.get((top, left)) or (texts[top][left] if top in texts else None)
            found += [(row, left, text) for row in range(top + 1, last + 1) if text is not None]
    return found


def _cell_text(node: ElementTree.Element, formats: list[str], is_decimal: bool, is_identifier: bool) -> str | None:
    told = {_tag(child): child.text or "" for child in node}
    value, kind = told.get("v", ""), node.get("t", "n")
    if kind == "e":
        return value
    if not value:
        return UNCALCULATED if "f" in told and kind != "str" else None
    if kind != "n":
        return None
    if is_identifier and (number := _number(value)) is not None and abs(number) >= 10**DIGITS_KEPT:
        return f"{number:.{DIGITS_KEPT - 1}E}"  # as a spreadsheet prints it: the digits behind are lost
    style = int(node.get("s") or 0)
    return printed_number(value, formats[style] if style < len(formats) else "") if is_decimal else None


def _number(stored: str) -> Decimal | None:
    """The number of a cell; None where it is none, or one that no cell can hold."""
    try:
        number = Decimal(stored)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= LARGEST_POWER else None


def printed_number(stored: str, number_format: str) -> str | None:
    """What a cell prints of a stored number, without the percent sign; None when it prints the number as it is.

    The format's first section counts. Of a format that is not understood (a condition, thousands cut off, a date) the
    text is the number with its format: no number at all, for what the cell prints would be another one.
    """
    number = _number(stored)
    if number is None or number.adjusted() > MOST_DIGITS:
        return None  # as it is stored: the form or the range of the column refuses it
    # to fifteen digits first, all that Excel keeps: 0.995450000000001 is what it stores for a typed 0.99545
    short = format(Decimal(f"{float(number):.{DIGITS_KEPT}g}"), "f")
    if len(number_format) > LONGEST_FORMAT:
        return f"{short} ({number_format[:LONGEST_FORMAT]}…)"
    plain = LITERAL.sub(
        lambda sign: (sign[1] or sign[2] or "").translate(AS_SIGNS), number_format.split(";")[0]
    ).strip()
    if AS_STORED.fullmatch(plain):
        return short if short != stored else None
    form = PRINTED.fullmatch(plain)
    if form is None or (form[2] is None and form[3] is None) or CONDITION.search(number_format):
        return f"{short} ({number_format})"
    digits = form[3] or ""
    number = Decimal(f"{float(number * 100 if form[4] else number):.{DIGITS_KEPT}g}")
    room = Context(prec=MOST_DIGITS + len(digits) + 4)
    text = format(number.quantize(Decimal(1).scaleb(-len(digits)), ROUND_HALF_UP, room), "f")
    if digits and not digits.endswith("0"):  # what # and ? stand for is printed only where there is something
        kept = len(text) - len(digits) + digits.rfind("0") + 1
        text = text[:kept] + text[kept:].rstrip("0")
        text = text.rstrip(".")
    return f"{form[1]}{text}{form[5]}".strip()


def _patched(
    relation: str, patches: list[tuple[int, int, str]], count: int, connection: duckdb.DuckDBPyConnection
) -> str:
    connection.execute("create or replace temp table printed (nth bigint, c bigint, value varchar)")
    for start in range(0, len(patches), 10_000):
        values = ", ".join(f"({at}, {c}, {literal(text)})" for at, c, text in patches[start : start + 10_000])
        connection.execute(f"insert into printed values {values}")
    names = {c: "shape_error" if c == SHAPE else column_name(c) for _, c, _ in patches if SHAPE <= c < count}
    texts = ", ".join(
        f"coalesce((select any_value(value) from printed p where p.nth = s.nth and p.c = {c}), s.{named}) as {named}"
        for c, named in sorted(names.items())
    )
    connection.execute(f"""
        create or replace temp table patched as
        select * exclude (nth) replace ({texts}) from (select *, row_number() over () - 1 as nth from {relation}) s order by nth
    """)
    return "patched"
