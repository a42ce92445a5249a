"""The closed list of forms in which a value may be written; anything else is quarantined, never read as something else.

Each form is a DuckDB macro that gives NULL for every other text, and a line of ``docs/reference/contracts.md``. The common form is
looked for first and costs little; the others are looked at only where it is not met.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb

from hotline.ingest.files import literal
from hotline.text import WHITE_SPACE, WIDTHLESS

FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
HALF_WIDTH = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + "  "
TRUE_TEXTS, FALSE_TEXTS = ("是", "有", "1", "true", "y", "yes"), ("否", "无", "0", "false", "n", "no")

ACCEPTED = (
    ("time", "`2024-09-01 08:05:00`, with `/` or `.` between the parts of the date, one digit for month, day or hour, `T` "
     "for the blank, without seconds, with decimals of a second (cut off)", "时间"),
    ("time", "`2024年9月1日 8:05`, `2024年9月1日8时5分20秒`", "时间"),
    ("time", "the same with `上午`, `下午`, `AM` or `PM` before the time, or `AM`, `PM` behind it", "时间"),
    ("time", "the same with an offset, `Z`, `+08:00`, `-0500`: converted to Asia/Shanghai; "
     "behind a minus only with seconds before it (`8:05-08:30` is a begin and an end); names of zones are not read", "时间"),
    ("time", "a date alone: its first second; an Excel date cell or serial number (`45547.3368`), to the nearest second", "时间"),
    ("date", "`2024-09-01`, `2024/9/1`, `2024.9.1`, `2024年9月1日`, `20240901`, or a time, of which the day counts", "日期"),
    ("month", "`2024-09`, `2024/9`, `2024.9`, `2024年9月`, `202409`, or a date, of which the month counts; `2024.1` is none: "
     "spreadsheets make it of `2024.10`", "月份"),
    ("integer", "digits with or without sign and groups of three (`1,234`), `.0` at the end as spreadsheets write it", "整数"),
    ("decimal", "digits with or without sign, groups of three and decimals; a percent sign at the end is dropped (`99.54%`)", "小数"),
    ("truth", "是 否 有 无 1 0 true false y n yes no, in any case", "是/否"),
)  # fmt: skip
"""``(type, form, type in Chinese)``; years always have four digits, full-width digits and signs count as half-width."""

_NOON = "上午|下午|AM|PM"
_MOMENT = re.compile(
    r"(?P<y>[0-9]{4})(?:[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})(?:[T ]+|$)|年(?P<m2>[0-9]{1,2})月(?P<d2>[0-9]{1,2})日 *)"
    rf"(?:(?:(?P<noon>{_NOON}) *)?(?P<h>[0-9]{{1,2}})"
    r"(?::(?P<mi>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.][0-9]{1,9})?)?|时(?P<mi2>[0-9]{1,2})分(?:(?P<s2>[0-9]{1,2})秒)?)"
    r"(?: *(?P<noon2>AM|PM))?(?: *(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_DAY = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})[-/.]([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日|([0-9]{2})([0-9]{2}))"
)
_MONTH = re.compile(r"([0-9]{4})(?:(?:[-/]|[.](?!1$))([0-9]{1,2})|年([0-9]{1,2})月|([0-9]{2}))")
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:[.][0-9]+)?")
_LOCAL_OFFSET = timedelta(hours=8)
_LARGEST_OFFSET = timedelta(hours=14)
# a line break between digits parts them: a cell that holds 1 and below it 2 does not hold 12
_NARROW = str.maketrans(
    dict(zip(FULL_WIDTH, HALF_WIDTH, strict=True)) | dict.fromkeys("\t\r\n", " ") | dict.fromkeys(WIDTHLESS)
)


def narrow_text(text: str | None) -> str | None:
    """A text without white space around it and signs that nobody sees, in half-width forms; None for an empty one.

    >>> narrow_text("\\t１２\\n")
    '12'
    """
    return (text or "").translate(_NARROW).strip() or None


def records_in(text: str | None, pattern: str, delimiter: str) -> int:
    """How many lines of a text begin as other records do: a torn quotation mark has swallowed those records.

    ``pattern`` is that of the first column, which is a key.
    """
    return len(re.findall(rf"\n[\s\"']*{pattern}[\"' ]*{re.escape(delimiter)}", text or ""))


def json_texts(line: str, keys: list[str]) -> list[str | None] | None:
    """The values of ``keys`` in an object with its numbers as they are written, None when it is none.

    DuckDB writes a number anew, 99.540 as 99.54 and 1.38e10 as 13800000000.0: it would be another decimal or telephone.
    """
    try:
        values = json.loads(line, parse_float=str, parse_int=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    found = (values.get(key) for key in keys)
    return [value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False) for value in found]


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")  # NaN and Infinity, which some programs write


def moment_text(text: str | None) -> str | None:
    """A time in any accepted form as ``YYYY-MM-DD HH:MM:SS`` of Asia/Shanghai, None for every other text."""
    plain = (narrow_text(text) or "").upper()
    try:
        found = _MOMENT.fullmatch(plain)
        if found:
            return _spelled(found.groupdict(""))
        if _SERIAL.fullmatch(plain):
            return str(datetime(1899, 12, 30) + timedelta(seconds=int(Decimal(plain) * 86400 + Decimal("0.5"))))
    except (ValueError, OverflowError):
        pass
    return None


def _spelled(part: dict[str, str]) -> str | None:
    hour, noon = int(part["h"] or 0), part["noon"] + part["noon2"]
    if noon in {"上午", "AM"}:
        if hour > 12:
            return None
        hour %= 12
    elif noon in {"下午", "PM"}:
        hour += 12 if hour < 12 else 0
    elif noon:
        return None  # said twice
    moment = datetime(
        int(part["y"]), int(part["m"] or part["m2"]), int(part["d"] or part["d2"]),
        hour, int(part["mi"] or part["mi2"] or 0), int(part["s"] or part["s2"] or 0),
    )  # fmt: skip
    zone = part["zone"]
    if zone:
        if zone[0] == "-" and not (part["s"] or part["s2"]):
            return None  # a begin and an end, 8:05-08:30: programs that write an offset write seconds before it
        digits = zone[1:].replace(":", "")
        minutes = int(digits[2:] or 0)
        offset = timedelta(hours=int(digits[:2] or 0), minutes=minutes)
        if offset > _LARGEST_OFFSET or minutes > 59:
            return None
        moment += _LOCAL_OFFSET - (-offset if zone[0] == "-" else offset)
    return moment.isoformat(" ")


def day_text(text: str | None) -> str | None:
    """A date in any accepted form as ``YYYY-MM-DD``, None for every other text."""
    found = _DAY.fullmatch(narrow_text(text) or "")
    if not found:
        moment = moment_text(text)
        return moment and moment[:10]
    year, _, *rest = found.groups("")
    month, day = (part for part in rest if part)
    try:
        return str(date(int(year), int(month), int(day)))
    except ValueError:
        return None


def month_text(text: str | None) -> str | None:
    """A month in any accepted form as its first day, None for every other text."""
    found = _MONTH.fullmatch(narrow_text(text) or "")
    if not found:
        day = day_text(text)
        return day and f"{day[:8]}01"
    year, *rest = found.groups("")
    try:
        return str(date(int(year), int("".join(rest)), 1))
    except ValueError:
        return None


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(literal(value) for value in values)


_ENDS = literal(WHITE_SPACE + WIDTHLESS)

MACROS = f"""
create or replace macro trimmed(plain) as
    case when contains({_ENDS}, left(plain, 1)) or contains({_ENDS}, right(plain, 1))
        then nullif(trim(plain, {_ENDS}), '') else plain end;
create or replace macro narrow(plain) as
    case when regexp_matches(plain, '^ |[^ -~]| $') then narrow_text(plain) else nullif(plain, '') end;
create or replace macro moment(plain) as
    case
        when length(plain) = 19 and cast(try_cast(plain as timestamp) as varchar) = plain then try_cast(plain as timestamp)
        else cast(moment_text(plain) as timestamp)
    end;
create or replace macro day_of(plain) as
    case
        when length(plain) = 10 and cast(try_cast(plain as date) as varchar) = plain then try_cast(plain as date)
        else cast(day_text(plain) as date)
    end;
create or replace macro month_of(plain) as cast(month_text(plain) as date);
create or replace macro whole(plain) as
    coalesce(
        case when cast(try_cast(plain as bigint) as varchar) = plain then try_cast(plain as bigint) end,
        case when regexp_full_match(narrow(plain), '[+-]?([0-9]{{1,18}}|[0-9]{{1,3}}(,[0-9]{{3}}){{1,5}})([.]0+)?')
            then try_cast(regexp_replace(replace(narrow(plain), ',', ''), '[.]0+$', '') as bigint) end
    );
create or replace macro decimal_text(plain) as
    case when regexp_full_match(narrow(plain), '[+-]?([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+)([.][0-9]+)? ?%?')
        then regexp_replace(replace(narrow(plain), ',', ''), '^[+]| ?%$', '', 'g') end;
create or replace macro truth(plain) as
    case when lower(narrow(plain)) in ({_texts(TRUE_TEXTS)}) then true
        when lower(narrow(plain)) in ({_texts(FALSE_TEXTS)}) then false end;
"""


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros of the forms on ``connection``; what is written otherwise than usual, Python reads."""
    for function in (narrow_text, moment_text, day_text, month_text):
        connection.create_function(function.__name__, function, ["VARCHAR"], "VARCHAR", null_handling="special")
    texts = "VARCHAR[]"
    connection.create_function("json_texts", json_texts, ["VARCHAR", texts], texts, null_handling="special")
    connection.create_function("records_in", records_in, ["VARCHAR"] * 3, "BIGINT", null_handling="special")
    connection.execute(MACROS)


def as_markdown() -> str:
    """The table of ``docs/reference/contracts.md``, between its markers."""
    lines = ["| type | accepted form |", "|---|---|"]
    return "\n".join([*lines, *(f"| {kind} ({zh}) | {form} |" for kind, form, zh in ACCEPTED)]) + "\n"
