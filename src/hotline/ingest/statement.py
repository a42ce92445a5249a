"""From a contract to the SQL that validates, de-identifies and types one file.

Every column is read as text. For each there is its typed, safe value and one condition a rule, true where the text breaks
it and never NULL. Both answers come from these conditions: a row of which none is true is loaded, any other goes to
quarantine with the reasons ``<column>:<rule>`` of those that are. The rules are those of ``hotline.ingest.rules``.

Good rows are written in one pass. Only a file with bad rows is read a second time, to explain those: a clean delivery
does not pay for answers that nobody needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hotline.contracts import Column, Contract
from hotline.ingest.files import literal
from hotline.ingest.sources import Header, column_name
from hotline.text import WHITE_SPACE, WIDTHLESS

SQL_TYPES = {
    "string": "varchar",
    "integer": "bigint",
    "timestamp": "timestamp",
    "date": "date",
    "boolean": "boolean",
}
TICKET_PREFIX = (3, 6)
"""Where in a ticket number its platform's prefix stands: first character, counted from 1, and length."""
EXCEL_ERRORS = (
    "#DIV/0!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
)
ROUNDED = "[0-9]([.][0-9]+)?[Ee][+]?[0-9]{2,3}"
"""What a spreadsheet makes of a long number, a workbook's reader of one with more digits than a cell keeps, and programs
of both in JSON (``1e17``). One digit behind the E is a code as good as any other."""
SEPARATOR = "chr(31)"
OPERATOR_ROWS = 20_000
BLANK_SIGNS = literal(WHITE_SPACE + WIDTHLESS)
SHORTEST_PERSONAL_NUMBER = 10_000_000_000
"""No count of vehicles or trips has eleven digits; every mobile number has."""


@dataclass(frozen=True)
class Delivered:
    """Who sent a file, and when: what its rows are held against."""

    sender: str
    day: date
    """Delivery day; what a file tells must have happened before its end."""
    ticket_prefix: str
    """Prefix of the sender's own ticket numbers; empty for a sender that may speak of any ticket."""
    first_day: date
    """The day from which the sender is connected: the earliest time of a column without ``notBefore``."""
    is_lossy: bool = False
    """Whether decoding lost characters, so that texts must be searched for the replacement character."""
    is_excel: bool = False
    delimiter: str = ""
    """What separates the columns of a text; empty for every other format."""


def takes_decimals(column: Column) -> bool:
    """Whether a text column holds decimal numbers, so that the printed form of a spreadsheet's cell is its value."""
    pattern = column.pattern
    return bool(
        pattern and re.fullmatch(pattern, "1.5") and re.fullmatch(pattern, "1") and not re.search("[A-Za-z]", pattern)
    )


def _text(column: Column, source: str) -> str:
    """SQL for the text as it is compared and stored; an identifier also loses white space and full-width forms.

    The exact form is tried first: a look at every character costs more than all other rules together, and almost no
    row needs it.
    """
    if column.pii == "name" or column.is_masked:
        return f"trimmed({source})"
    if column.pattern:
        other = f"narrow({source})"
        if takes_decimals(column):
            other = f"coalesce(decimal_text({source}), {other})"
        return f"case when {follows(column)} then {source} else {other} end"
    if column.is_identifier or column.key_position or column.pii:  # what names a key is written as the key is
        return f"narrow({source})"
    if column.logical_type == "string" and not column.code_list:
        return f"trimmed({source})"
    return source


def follows(column: Column) -> str:
    """Name of the column that tells whether a text as it was sent follows its column's pattern, as nearly all do: such a
    text is looked at once."""
    return f"p_{column.name}"


def _value(column: Column, text: str, sender: str, name_text: str | None) -> str:
    """SQL for the value that is stored, NULL when ``text`` is not of the column's type."""
    if column.code_list:
        # most texts stand in the list as they are; the others are folded one by one
        exact, folded = f"code_in_{column.code_list}({text})", f"folded_code({literal(column.code_list)}, {text})"
        return f"coalesce({exact}, case when {text} is not null then {folded} end)"
    match column.pii, column.logical_type:
        case "phone", _:
            return f"phone_key({literal(sender)}, {text})"
        case "operator", _:
            known, new = f"{column.name}.key", f"operator_key({literal(sender)}, {text})"
            return f"case when {known} is not null then {known} when {text} is not null then {new} end"
        case _, "integer":
            return f"whole({text})"
        case _, "timestamp":
            return f"moment({text})"
        case _, "date":
            return f"month_of({text})" if column.format == "yyyy-MM" else f"day_of({text})"
        case _, "boolean":
            return f"truth({text})"
        case _ if column.is_masked:
            return f"masked({unnamed_text(column, name_text) if name_text else text})"
        case _:
            return text


def _safe(text: str, name_text: str | None) -> str:
    """SQL for a text without numbers of persons and without the caller's own name, the one name that can be known."""
    return f"masked(unnamed({text}, {name_text}))" if name_text else f"masked({text})"


def unnamed_text(column: Column, name_text: str | None) -> str:
    """Name under which a text without the caller's name is computed: in a layer of its own, for a macro that is given an
    expression repeats it."""
    return f"t.u_{column.name}"


def _rules(
    column: Column, text: str, value: str, delivered: Delivered, columns: frozenset[str], swallows: str
) -> Iterator[tuple[str, str]]:
    """``(rule, SQL condition under which the row is bad)``; a condition may be NULL, which means that it is not met.

    What costs much stands behind ``case``: the parts of an ``and`` are evaluated in any order.
    ``swallows`` is the pattern by which the first column of another record is known inside a text, empty for none.
    """
    is_text = column.logical_type == "string" and not column.code_list
    if column.required:
        blank = f"case when {value} is null then {text} is null or narrow_text({text}) is null end"
        yield "required", f"{text} is null" if is_text else blank
    elif column.required_with in columns:
        given = f"v.{value_name(column.required_with)} is not null"
        yield (
            "required",
            f"case when {value} is null and {given} then {text} is null or narrow_text({text}) is null end",
        )
    if column.code_list:
        yield "code", f"case when {value} is null and {text} is not null then narrow_text({text}) is not null end"
    elif not is_text:
        yield "type", f"case when {value} is null and {text} is not null then narrow_text({text}) is not null end"
    if column.pattern:
        yield (
            "pattern",
            f"case when not v.{follows(column)} then not regexp_full_match({text}, {literal(column.pattern)}) end",
        )
    elif column.is_identifier:
        yield (
            "rounded",
            f"case when contains({text}, 'E') or contains({text}, 'e') then regexp_full_match({text}, {literal(ROUNDED)}) end",
        )
    if column.max_length is not None:
        yield "length", f"length({text}) > {column.max_length}"
    bounds = [f"{value} < {column.minimum}"] if column.minimum is not None else []
    bounds += [f"{value} > {column.maximum}"] if column.maximum is not None else []
    if bounds:
        yield "range", " or ".join(bounds)
    if column.logical_type in {"timestamp", "date"}:
        yield "before", f"{value} < timestamp {literal(str(column.not_before or delivered.first_day))}"
        if column.not_after is not None:
            yield "after", f"{value} >= timestamp {literal(str(column.not_after))}"
        if column.not_after_delivery:
            yield "future", f"{value} >= timestamp {literal(str(delivered.day + timedelta(days=1)))}"
    if column.equals_sender:
        yield "sender", f"{value} <> {literal(delivered.sender)}"
    if column.owned_by == "sender" and delivered.ticket_prefix:
        yield "sender", _is_foreign(column, text, delivered, columns)
    if column.may_be_personal:
        yield "personal", f"looks_personal({text})"
    elif column.is_unbounded_count:
        yield "personal", f"{value} >= {SHORTEST_PERSONAL_NUMBER}"
    if delivered.is_excel and is_text:
        # the first sign tells of nearly all texts, and DuckDB makes joins of such lists
        yield (
            "excel_error",
            f"case when unicode({text}) = 35 then {text} in ({', '.join(map(literal, EXCEL_ERRORS))}) end",
        )
    if is_text and swallows:
        yield "swallowed", f"{_swallowed(text, swallows, delivered)} > 0"
    if delivered.is_lossy:
        yield "undecodable", f"contains({text}, chr(65533))"


def _swallowed(text: str, swallows: str, delivered: Delivered) -> str:
    """How many records a text holds in its lines; only a text with lines is looked at."""
    return f"case when contains({text}, chr(10)) then records_in({text}, {literal(swallows)}, {literal(delivered.delimiter)}) end"


def _is_foreign(column: Column, text: str, delivered: Delivered, columns: frozenset[str]) -> str:
    """Whether a ticket number is another platform's, and that platform is not named as having handed it over."""
    start, length = TICKET_PREFIX
    prefix = f"substr({text}, {start}, {length})"
    foreign = f"{prefix} <> {literal(delivered.ticket_prefix)}"
    # what is no ticket number at all is nobody's
    is_number = f"regexp_full_match({text}, {literal(column.pattern)})" if column.pattern else "true"
    if column.handed_over_by not in columns:
        return f"case when {foreign} then {is_number} end"
    handed_over_from = f"v.{value_name(column.handed_over_by)}"
    is_not_handed = f"({handed_over_from} is null or {prefix} is distinct from ticket_prefix({handed_over_from}))"
    return f"case when {foreign} then {is_number} and {is_not_handed} end"


def value_name(name: str) -> str:
    """Name under which a column's value is computed."""
    return f"v_{name}"


@dataclass(frozen=True)
class Statement:
    """The queries over one delivered file; they use the functions ``code_in_<list>(text)`` and the table ``operator_keys``.

    ``record`` counts the well-formed records of the file from 1, those without any value among them.
    """

    good: str
    """``record`` and one column for each stored column of the contract; only rows that keep every rule."""
    bad: str
    """``record``, ``reasons`` (list), ``original`` (JSON of the row as sent, personal data left out)."""
    spoilt: dict[str, str]
    """Reason to the query that counts the loaded rows from whose telephone number no key could be made."""
    swallowed: str
    """SQL over ``c0``, ``c1``, … for the records that the texts of a row have swallowed."""
    operators: str | None
    """The operators in the first ``OPERATOR_ROWS`` rows and their keys, for ``operator_keys``; None without such a column."""


def statement(contract: Contract, header: Header, delivered: Delivered, relation: str) -> Statement:
    """SQL for a file with this header.

    Parameters
    ----------
    relation: table expression that gives the file as ``c0``, ``c1``, … and ``shape_error`` in the order of the file.
    """
    position = {column.name: index for index, column in enumerate(header.columns) if column is not None}
    present = [column for column in contract.columns if column.name in position]
    name_text = next((f"t.{column.name}" for column in present if column.pii == "name"), None)
    names = frozenset(position)
    first = header.columns[0]
    begins = first is not None and first.pattern and first.key_position and delivered.delimiter
    swallows = first.pattern.strip("^$") if begins else ""
    joins, values, stored, shown = [], [], [], []
    rules = [("row:'||v.shape_error", "v.shape_error is not null")]
    for column in contract.columns:
        if column.name not in position:
            if column.is_stored:
                stored.append(f"cast(null as {SQL_TYPES[column.logical_type]}) as {column.stored_as}")
            continue
        text = f"t.{column.name}"
        if column.pii == "operator":
            joins.append(f"left join operator_keys as {column.name} on {column.name}.text = {text}")
        if column.is_stored:
            values.append(f"{_value(column, text, delivered.sender, name_text)} as {value_name(column.name)}")
            stored.append(f"v.{value_name(column.name)} as {column.stored_as}")
            found = _rules(column, f"v.{column.name}", f"v.{value_name(column.name)}", delivered, names, swallows)
            rules += [(f"{column.name}:{rule}'", condition) for rule, condition in found]
        if column.pii in {None, "free_text"}:
            name_value = name_text and name_text.replace("t.", "v.", 1)
            value = f"v.{value_name(column.name)}" if column.pii else _safe(f"v.{column.name}", name_value)
            shown.append(f"{literal(column.header)}, {value}")
    unnamed = "".join(
        f", unnamed(t.{column.name}, {name_text}, t.name_begins, t.name_ends) as u_{column.name}"
        for column in present
        if column.is_masked and name_text
    )
    name_ends = f", name_begin({name_text}) as name_begins, name_end({name_text}) as name_ends" if name_text else ""
    texts = ", ".join(f"{_text(column, column_name(position[column.name]))} as {column.name}" for column in present)
    conditions = [f"(({condition}) is true)" for _, condition in rules]
    broken = " or ".join(conditions)
    reasons = ", ".join(
        f"case when {condition} then '{reason} end" for (reason, _), condition in zip(rules, conditions, strict=True)
    )
    patterns = "".join(
        f", regexp_full_match({column_name(position[column.name])}, {literal(column.pattern)}) as {follows(column)}"
        for column in present
        if column.pattern
    )
    rows = f"""
        with r as (select *{patterns} from {relation}),
        t as (
            select
                row_number() over () as record, shape_error, {is_blank(len(header.columns))} as is_blank,
                {"".join(f"{follows(column)}, " for column in present if column.pattern)}{texts}
            from r
        ),
        n as (select *{name_ends} from t where not is_blank),
        u as (select t.*{unnamed} from n as t),
        v as (select t.*, {", ".join(values)} from u as t {" ".join(joins)})
    """
    return Statement(
        good=f"{rows} select v.record, {', '.join(stored)} from v where not ({broken})",
        bad=f"""{rows}
            select
                v.record,
                string_split(concat_ws({SEPARATOR}, {reasons}), {SEPARATOR}) as reasons,
                json_object({", ".join(shown)}) as original
            from v where {broken}
        """,
        spoilt={
            f"{column.name}:spoilt": f"""
                {rows} select count(*) from v
                where not ({broken}) and v.{column.name} is not null and v.{value_name(column.name)} is null
            """
            for column in present
            if column.pii == "phone"
        },
        swallowed=" + ".join(
            f"coalesce({_swallowed(column_name(position[column.name]), swallows, delivered)}, 0)"
            for column in present
            if swallows and column.is_stored and column.logical_type == "string" and not column.code_list
        )
        or "0",
        operators=next(
            (
                f"""
                select text, operator_key({literal(delivered.sender)}, text)
                from (select distinct {_text(column, column_name(position[column.name]))} as text
                    from (from {relation} limit {OPERATOR_ROWS}))
                where text is not null
                """
                for column in present
                if column.pii == "operator"
            ),
            None,
        ),
    )


def is_blank(columns: int) -> str:
    """SQL for a row without any value: separators alone are no record. The first column tells of nearly all rows."""
    texts = ", ".join(f"nullif(trim({column_name(index)}, {BLANK_SIGNS}), '')" for index in range(columns))
    first = f"unicode({column_name(0)})"
    is_value = f"{first} between 33 and 126 or {first} between 19968 and 40959"
    return f"(case when {is_value} or shape_error is not null then false else coalesce({texts}) is null end)"
