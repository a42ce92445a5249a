"""From a contract to the SQL that validates, de-identifies and types one file.

Every column is read as text. For each the statement yields its typed, safe value and, when the text breaks a rule, a
reason ``<column>:<rule>``. Rules: ``required``, ``type``, ``code``, ``pattern``, ``range``, ``sender``, ``undecodable``.
A row without reasons is loaded; any other goes to quarantine with all its reasons.
"""

from __future__ import annotations

from hotline.contracts import Column, Contract
from hotline.ingest.files import Header

SEPARATOR = "chr(31)"
TIMESTAMP_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H时%M分%S秒", "%Y年%m月%d日%H时%M分", "%Y-%m-%d", "%Y/%m/%d",
    "%Y年%m月%d日",
)  # fmt: skip
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
MONTH_FORMATS = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%Y%m")
TRUE_TEXTS, FALSE_TEXTS = ("是", "有", "1", "true", "y", "yes"), ("否", "无", "0", "false", "n", "no")
FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
HALF_WIDTH = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + "  "
SQL_TYPES = {
    "string": "varchar",
    "integer": "bigint",
    "timestamp": "timestamp",
    "date": "date",
    "boolean": "boolean",
}


def literal(text: str) -> str:
    """``text`` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(literal(value) for value in values)


def file_column(index: int) -> str:
    """Name under which the ``index``-th column of the file is read."""
    return f"c{index}"


def _clean(column: Column, source: str) -> str:
    """The text without white space around it; identifiers, numbers and times also lose full-width forms."""
    if column.pii in {"free_text", "name"} or (
        column.logical_type == "string"
        and not (column.code_list or column.pattern or column.key_position or column.pii)
    ):
        return f"nullif(trim({source}, ' \t\u3000\u00a0'), '')"
    return f"nullif(trim(translate({source}, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})), '')"


def _typed(column: Column, text: str, sender: str, name_text: str | None) -> str:
    """SQL for the value that is stored, NULL when ``text`` is not of the column's type."""
    if column.code_list:
        return f"codes_{column.name}.code"
    if column.pii == "phone":
        return f"phone_key({text})"
    if column.pii == "operator":
        return f"operator_key({literal(sender)}, {text})"
    if column.pii == "free_text":
        # the caller's own name is the one name that can be told from the words around it
        unnamed = f"case when length({name_text}) > 1 then replace({text}, {name_text}, '某') else {text} end"
        return f"masked({unnamed if name_text else text})"
    match column.logical_type:
        case "integer":
            return f"try_cast(replace({text}, ',', '') as bigint)"
        case "timestamp":
            return f"coalesce(try_cast({text} as timestamp), try_strptime({text}, [{_texts(TIMESTAMP_FORMATS)}]))"
        case "date":
            formats = MONTH_FORMATS + DATE_FORMATS if column.format == "yyyy-MM" else DATE_FORMATS
            day = f"cast(try_strptime({text}, [{_texts(formats)}]) as date)"
            return f"cast(date_trunc('month', {day}) as date)" if column.format == "yyyy-MM" else day
        case "boolean":
            return (
                f"case when lower({text}) in ({_texts(TRUE_TEXTS)}) then true "
                f"when lower({text}) in ({_texts(FALSE_TEXTS)}) then false end"
            )
        case _:
            return text


def _reasons(column: Column, text: str, value: str, sender: str) -> list[str]:
    """SQL expressions, each a reason or NULL."""
    rules = []
    if column.required:
        rules.append((f"{text} is null", "required"))
    if column.code_list:
        rules.append((f"{text} is not null and {value} is null", "code"))
    elif column.logical_type != "string":
        rules.append((f"{text} is not null and {value} is null", "type"))
    if column.pattern:
        rules.append((f"not regexp_full_match({text}, {literal(column.pattern)})", "pattern"))
    bounds = [f"{value} < {column.minimum}"] if column.minimum is not None else []
    bounds += [f"{value} > {column.maximum}"] if column.maximum is not None else []
    if bounds:
        rules.append((" or ".join(bounds), "range"))
    if column.equals_sender:
        rules.append((f"{value} <> {literal(sender)}", "sender"))
    rules.append((f"contains({text}, chr(65533))", "undecodable"))
    return [f"case when {condition} then '{column.name}:{rule}' end" for condition, rule in rules]


def validation_sql(contract: Contract, header: Header, sender: str) -> str:
    """``select`` over the relation ``delivered`` (``record``, ``c0``, ``c1``, …).

    Yields ``record``, ``reasons`` (one string, empty when the row is good), ``original`` (JSON of the row as sent, personal
    data left out) and one column for each stored column of the contract, in contract order. Code lists are read from the
    temporary tables ``codes_<list>(text, code)``.
    """
    position = {column.name: index for index, column in enumerate(header.columns) if column is not None}
    present = [column for column in contract.columns if column.name in position]
    cleaned = [f"{_clean(column, file_column(position[column.name]))} as {column.name}" for column in present]
    name_text = next((f"t.{column.name}" for column in present if column.pii == "name"), None)
    joins, values, reasons, shown = [], [], [], []
    for column in contract.columns:
        if column.name not in position:
            if column.is_stored:
                values.append(f"cast(null as {SQL_TYPES[column.logical_type]}) as {column.stored_as}")
            continue
        text = f"t.{column.name}"
        value = _typed(column, text, sender, name_text)
        if column.code_list:
            joins.append(
                f"left join codes_{column.code_list} as codes_{column.name} "
                f"on codes_{column.name}.text = lower(replace({text}, ' ', ''))"
            )
        if column.is_stored:
            values.append(f"{value} as {column.stored_as}")
            reasons += _reasons(column, text, value, sender)
        if column.pii in {None, "free_text"}:
            shown.append(f"{literal(column.header)}, {value if column.pii else f'masked({text})'}")
    return f"""
with texts as (

    select record, {", ".join(cleaned)} from delivered

)

select
    t.record,
    concat_ws({SEPARATOR}, {", ".join(reasons)}) as reasons,
    case when reasons <> '' then json_object({", ".join(shown)}) end as original,
    {", ".join(values)}
from texts as t
{chr(10).join(joins)}
"""
