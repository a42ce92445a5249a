"""From a contract to the SQL that validates, de-identifies and types one file.

Every column is read as text. For each there is its typed, safe value and, when the text breaks a rule, a reason
``<column>:<rule>``. Rules: ``required``, ``type``, ``code``, ``pattern``, ``range``, ``future``, ``sender``,
``personal``, ``undecodable``. A telephone number from which no key can be made is counted as ``<column>:spoilt`` and
costs its row nothing but the key.
A row without reasons is loaded; any other goes to quarantine with all its reasons.

Good rows are written in one pass. Only a file with bad rows is read a second time, to explain those: a clean delivery
does not pay for answers that nobody needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hotline.contracts import Column, Contract
from hotline.ingest.files import literal
from hotline.ingest.sources import Header, column_name

TIMESTAMP_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H时%M分%S秒", "%Y年%m月%d日%H时%M分", "%Y-%m-%d", "%Y/%m/%d",
    "%Y年%m月%d日",
)  # fmt: skip
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
MONTH_FORMATS = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%Y%m")
TRUE_TEXTS, FALSE_TEXTS = ("是", "有", "1", "true", "y", "yes"), ("否", "无", "0", "false", "n", "no")
SHORTEST_PERSONAL_NUMBER = 10_000_000_000
"""No count of vehicles or trips has eleven digits; every mobile number has."""
SQL_TYPES = {
    "string": "varchar",
    "integer": "bigint",
    "timestamp": "timestamp",
    "date": "date",
    "boolean": "boolean",
}


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(literal(value) for value in values)


def _text(column: Column, source: str) -> str:
    """SQL for the text as it is compared and stored; an identifier also loses white space and full-width forms.

    The exact form is tried first: a look at every character costs more than all other rules together, and almost no
    row needs it. ``coalesce`` and ``case`` evaluate their later branches for the remaining rows only.
    """
    if column.pii == "name" or column.is_masked:
        return f"tidy({source})"
    if column.pattern:
        pattern = literal(column.pattern)
        return f"case when regexp_full_match({source}, {pattern}) then {source} else half_width({source}) end"
    if column.key_position or column.pii:
        return f"half_width({source})"
    if column.logical_type == "string" and not column.code_list:
        return f"tidy({source})"
    return source


def _value(column: Column, text: str, sender: str, name_text: str | None) -> str:
    """SQL for the value that is stored, NULL when ``text`` is not of the column's type."""
    if column.code_list:
        return f"coalesce(codes_{column.name}.code, folded_{column.name}.code)"
    match column.pii, column.logical_type:
        case "phone", _:
            return f"phone_key({literal(sender)}, {text})"
        case "operator", _:
            return f"operator_key({literal(sender)}, {text})"
        case _, "integer":
            return f"coalesce(try_cast({text} as bigint), whole_number(half_width({text})))"
        case _, "timestamp":
            formats = _texts(TIMESTAMP_FORMATS)
            forms = f"try_cast({text} as timestamp), try_strptime(half_width({text}), [{formats}])"
            return f"coalesce({forms}, excel_time(half_width({text})))"
        case _, "date":
            formats = MONTH_FORMATS + DATE_FORMATS if column.format == "yyyy-MM" else DATE_FORMATS
            moment = f"try_strptime(half_width({text}), [{_texts(formats)}])"
            day = f"cast(coalesce({moment}, try_cast({text} as timestamp), excel_time({text})) as date)"
            return f"cast(date_trunc('month', {day}) as date)" if column.format == "yyyy-MM" else day
        case _, "boolean":
            return (
                f"case when lower(half_width({text})) in ({_texts(TRUE_TEXTS)}) then true "
                f"when lower(half_width({text})) in ({_texts(FALSE_TEXTS)}) then false end"
            )
        case _ if column.is_masked:
            return _safe(text, name_text)
        case _:
            return text


def _safe(text: str, name_text: str | None) -> str:
    """SQL for a text without numbers of persons and without the caller's own name, the one name that can be known."""
    return f"masked(unnamed({text}, {name_text}))" if name_text else f"masked({text})"


def _rules(column: Column, text: str, value: str, sender: str, after: str, lossy: bool) -> Iterator[tuple[str, str]]:
    """``(reason, SQL condition under which the row is bad)``."""
    if column.required:
        yield f"{column.name}:required", f"tidy({text}) is null"
    if column.code_list:
        yield f"{column.name}:code", f"{text} is not null and {value} is null"
    elif column.logical_type != "string":
        yield f"{column.name}:type", f"{text} is not null and {value} is null"
    if column.pattern:
        yield f"{column.name}:pattern", f"not regexp_full_match({text}, {literal(column.pattern)})"
    bounds = [f"{value} < {column.minimum}"] if column.minimum is not None else []
    bounds += [f"{value} > {column.maximum}"] if column.maximum is not None else []
    if bounds:
        yield f"{column.name}:range", " or ".join(bounds)
    if column.not_after_delivery:
        yield f"{column.name}:future", f"{value} >= {after}"
    if column.equals_sender:
        yield f"{column.name}:sender", f"{value} <> {literal(sender)}"
    if column.may_be_personal:
        yield f"{column.name}:personal", f"looks_personal({text})"
    elif column.is_unbounded_count:
        yield f"{column.name}:personal", f"{value} >= {SHORTEST_PERSONAL_NUMBER}"
    if lossy:
        yield f"{column.name}:undecodable", f"contains({text}, chr(65533))"


def _keeps_rules(column: Column, text: str, value: str, sender: str, after: str, lossy: bool) -> Iterator[str]:
    """The rules of ``_rules`` as few conditions that hold for a good row: what the first pass can afford."""
    optional = "" if column.required else f"{text} is null or "
    if column.code_list or column.logical_type != "string":
        yield f"{optional}{value} is not null"
    elif column.pattern:
        yield f"{optional}regexp_full_match({text}, {literal(column.pattern)})"
    elif column.required:
        yield f"{text} is not null"
    if column.minimum is not None or column.maximum is not None:
        low, high = column.minimum, column.maximum
        between = f">= {low}" if high is None else f"<= {high}" if low is None else f"between {low} and {high}"
        yield f"{optional}{value} {between}"
    if column.not_after_delivery:
        yield f"{value} < {after}"
    if column.equals_sender:
        yield f"{value} = {literal(sender)}"
    if column.may_be_personal:
        yield f"looks_personal({text}) is not true"
    elif column.is_unbounded_count:
        yield f"coalesce({value} < {SHORTEST_PERSONAL_NUMBER}, true)"
    if lossy:
        yield f"contains({text}, chr(65533)) is not true"


@dataclass(frozen=True)
class Statement:
    """The two queries over one delivered file; both read the tables ``codes_<list>(text, code)``.

    ``record`` counts the well-formed records of the file from 1.
    """

    good: str
    """``record`` and one column for each stored column of the contract; only rows that keep every rule."""
    bad: str
    """``record``, ``reasons`` (list), ``original`` (JSON of the row as sent, personal data left out)."""
    spoilt: dict[str, str]
    """Reason to the query that counts the loaded rows from whose telephone number no key could be made."""


def statement(contract: Contract, header: Header, sender: str, day: date, delivered: str, lossy: bool) -> Statement:
    """SQL for a file with this header.

    Parameters
    ----------
    day: delivery day; what a file tells must have happened before its end.
    delivered: table expression that gives the file as ``c0``, ``c1``, … and ``shape_error`` in the order of the file.
    lossy: whether decoding lost characters, so that texts must be searched for the replacement character.
    """
    position = {column.name: index for index, column in enumerate(header.columns) if column is not None}
    present = [column for column in contract.columns if column.name in position]
    name_text = next((f"t.{column.name}" for column in present if column.pii == "name"), None)
    after = f"timestamp '{day + timedelta(days=1)}'"
    joins, values, shown = [], [], []
    kept, rules = ["t.shape_error is null"], {}
    for column in contract.columns:
        text = f"t.{column.name}"
        value = _value(column, text, sender, name_text)
        if column.name not in position:
            if column.is_stored:
                values.append(f"cast(null as {SQL_TYPES[column.logical_type]}) as {column.stored_as}")
            continue
        if column.code_list:
            exact, folded = f"codes_{column.name}", f"folded_{column.name}"
            joins += [
                f"left join codes_{column.code_list} as {exact} on {exact}.text = {text}",
                f"left join codes_{column.code_list} as {folded} on {folded}.text = "
                f"case when {exact}.code is null then lower(replace(half_width({text}), ' ', '')) end",
            ]
        if column.is_stored:
            values.append(f"{value} as {column.stored_as}")
            kept += _keeps_rules(column, text, value, sender, after, lossy)
            rules |= dict(_rules(column, text, value, sender, after, lossy))
        if column.pii in {None, "free_text"}:
            shown.append(f"{literal(column.header)}, {value if column.pii else _safe(text, name_text)}")
    texts = ", ".join(f"{_text(column, column_name(position[column.name]))} as {column.name}" for column in present)
    joined = "\n".join(joins)
    phones = [column for column in present if column.pii == "phone"]
    reasons = ", ".join(f"case when {condition} then {literal(reason)} end" for reason, condition in rules.items())
    return Statement(
        good=f"""
            with t as (select row_number() over () as record, shape_error, {texts} from {delivered})
            select t.record, {", ".join(values)} from t
            {joined}
            where {" and ".join(f"({condition})" for condition in kept)}
        """,
        bad=f"""
            with t as (select row_number() over () as record, shape_error, {texts} from {delivered}),
            judged as (
                select t.record, string_split(nullif(concat_ws(chr(31), 'row:' || t.shape_error, {reasons}), ''), chr(31)) as reasons,
                    case when reasons is not null then json_object({", ".join(shown)}) end as original
                from t
                {joined}
            )
            select record, reasons, original from judged where reasons is not null
        """,
        spoilt={
            f"{column.name}:spoilt": f"""
                with t as (select row_number() over () as record, shape_error, {texts} from {delivered})
                select count(*) from t
                {joined}
                where {" and ".join(f"({condition})" for condition in kept)}
                    and t.{column.name} is not null and phone_key({literal(sender)}, t.{column.name}) is null
            """
            for column in phones
        },
    )
