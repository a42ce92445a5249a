"""The closed list of forms in which a value may be written; anything else is quarantined, never read as something else.

Each form is a DuckDB macro that gives NULL for every other text, and a line of ``docs/contracts.md``. The common form is
looked for first and costs little; the others are looked at only where it is not met.
"""

from __future__ import annotations

import duckdb

from hotline.ingest.files import literal

WHITE_SPACE = " \t\r\n\u3000\u00a0\u2002\u2003\u2009\u202f"
WIDTHLESS = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
"""Characters that nobody sees: they come with text that was copied from a web page or a chat."""
FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
HALF_WIDTH = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + "  "
TRUE_TEXTS, FALSE_TEXTS = ("是", "有", "1", "true", "y", "yes"), ("否", "无", "0", "false", "n", "no")

ACCEPTED = (
    ("time", "`2024-09-01 08:05:00`, with `/` or `.` between the parts of the date, one digit for month, day or hour, `T` "
     "for the blank, without seconds, with decimals of a second (cut off)", "时间"),
    ("time", "`2024年9月1日 8:05`, `2024年9月1日8时5分20秒`", "时间"),
    ("time", "the same with `上午`, `下午`, `AM` or `PM` before the time, or `AM`, `PM` behind it", "时间"),
    ("time", "the same with an offset, `Z`, `+08:00`, `-0500`: converted to Asia/Shanghai; names of zones are not read", "时间"),
    ("time", "a date alone: its first second; an Excel date cell or serial number (`45547.3368`), to the nearest second", "时间"),
    ("date", "`2024-09-01`, `2024/9/1`, `2024.9.1`, `2024年9月1日`, `20240901`, or a time, of which the day counts", "日期"),
    ("month", "`2024-09`, `2024/9`, `2024.9`, `2024年9月`, `202409`, or a date, of which the month counts", "月份"),
    ("integer", "digits with or without sign and groups of three (`1,234`), `.0` at the end as spreadsheets write it", "整数"),
    ("decimal", "digits with or without sign, groups of three and decimals; a percent sign at the end is dropped (`99.54%`)", "小数"),
    ("truth", "是 否 有 无 1 0 true false y n yes no, in any case", "是/否"),
)  # fmt: skip
"""``(type, form, type in Chinese)``; years always have four digits, full-width digits and signs count as half-width."""

_NOON = "上午|下午|AM|PM"
_DATE = "([0-9]{4})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ]+|$)|年([0-9]{1,2})月([0-9]{1,2})日 *)"
_TIME = (
    f"(?:({_NOON}) *)?([0-9]{{1,2}})(?::([0-9]{{2}})(?::([0-9]{{2}})(?:[.][0-9]{{1,9}})?)?|时([0-9]{{1,2}})分(?:([0-9]{{1,2}})秒)?)"
    "(?: *(AM|PM))?(?: *(Z|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_PARTS = "['y', 'm1', 'd1', 'm2', 'd2', 'noon1', 'h', 'mi1', 's1', 'mi2', 's2', 'noon2', 'zone']"


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(literal(value) for value in values)


_ENDS = " or ".join(f"suffix(plain, {literal(sign)})" for sign in WHITE_SPACE + WIDTHLESS)
_STARTS = ", ".join(str(ord(sign)) for sign in WHITE_SPACE + WIDTHLESS)

MACROS = f"""
create or replace macro trimmed(plain) as
    case when unicode(plain) in (-1, {_STARTS}) or {_ENDS}
        then nullif(trim(plain, {literal(WHITE_SPACE + WIDTHLESS)}), '') else plain end;
create or replace macro narrow(plain) as
    case when regexp_matches(plain, '^ |[^ -~]| $')
        then nullif(trim(translate(regexp_replace(plain, '[\t\r\n{WIDTHLESS}]', '', 'g'),
            {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})), '')
        else nullif(plain, '') end;
create or replace macro folded_code(plain) as lower(replace(narrow(plain), ' ', ''));
create or replace macro hour_of(hour, noon) as
    case
        when hour is null or hour > 23 then null
        when noon = '' then hour
        when noon in ('上午', 'AM') then case when hour = 12 then 0 when hour < 12 then hour end
        when noon in ('下午', 'PM') then case when hour < 12 then hour + 12 else hour end
    end;
create or replace macro zone_minutes(zone) as
    case
        when zone = '' then 480
        when zone = 'Z' then 0
        else (case when zone[1] = '-' then -1 else 1 end) * (
            case when cast(zone[2:3] as integer) <= 14 then cast(zone[2:3] as integer) * 60 end
            + case when length(zone) = 3 then 0 when cast(right(zone, 2) as integer) < 60 then cast(right(zone, 2) as integer) end
        )
    end;
create or replace macro spelled_moment(p) as
    try_cast(
        p.y || '-' || p.m1 || p.m2 || '-' || p.d1 || p.d2 || ' '
        || case when p.h = '' then 0 else hour_of(try_cast(p.h as integer), p.noon1 || p.noon2) end || ':'
        || coalesce(nullif(p.mi1 || p.mi2, ''), '0') || ':' || coalesce(nullif(p.s1 || p.s2, ''), '0')
    as timestamp) + to_minutes(480 - zone_minutes(p.zone));
create or replace macro serial_moment(plain) as
    case when regexp_full_match(plain, '[1-9][0-9]{{4}}([.][0-9]+)?')
        then timestamp '1899-12-30' + to_seconds(cast(round(try_cast(plain as double) * 86400) as bigint)) end;
create or replace macro moment(plain) as
    coalesce(
        case when length(plain) = 19 and cast(try_cast(plain as timestamp) as varchar) = plain
            then try_cast(plain as timestamp) end,
        spelled_moment(regexp_extract(upper(narrow(plain)), '^{_DATE}(?:{_TIME})?$', {_PARTS})),
        serial_moment(narrow(plain))
    );
create or replace macro spelled_day(p) as try_cast(p.y || '-' || p.m1 || p.m2 || p.m3 || '-' || p.d1 || p.d2 || p.d3 as date);
create or replace macro day_of(plain) as
    coalesce(
        case when length(plain) = 10 and cast(try_cast(plain as date) as varchar) = plain then try_cast(plain as date) end,
        spelled_day(regexp_extract(
            narrow(plain),
            '^([0-9]{{4}})(?:[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}})|年([0-9]{{1,2}})月([0-9]{{1,2}})日|([0-9]{{2}})([0-9]{{2}}))$',
            ['y', 'm1', 'd1', 'm2', 'd2', 'm3', 'd3']
        )),
        cast(moment(plain) as date)
    );
create or replace macro spelled_month(p) as try_cast(p.y || '-' || p.m1 || p.m2 || p.m3 || '-1' as date);
create or replace macro month_of(plain) as
    coalesce(
        spelled_month(regexp_extract(
            narrow(plain), '^([0-9]{{4}})(?:[-/.]([0-9]{{1,2}})|年([0-9]{{1,2}})月|([0-9]{{2}}))$', ['y', 'm1', 'm2', 'm3']
        )),
        cast(date_trunc('month', day_of(plain)) as date)
    );
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
    """Define the macros of the forms on ``connection``."""
    connection.execute(MACROS)


def as_markdown() -> str:
    """The table of ``docs/contracts.md``, between its markers."""
    lines = ["| type | accepted form |", "|---|---|"]
    return "\n".join([*lines, *(f"| {kind} ({zh}) | {form} |" for kind, form, zh in ACCEPTED)]) + "\n"
