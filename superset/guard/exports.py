"""Exports that a spreadsheet opens as they are meant: CSV with a byte order mark, and a name that says what is in them."""

from __future__ import annotations

import codecs
import itertools
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import Any

MONTH_COLUMNS = ("report_month", "month", "report_period")
PLATFORM_COLUMNS = ("area_name", "platform_name", "platform_code")
UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff<>:"/\\|?*%;\s]+')
"""What file systems, headers and terminals do not take, or show as something else."""
LONGEST_PART = 60
SUFFIXES = {"text/csv": "csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx"}
MONTH = re.compile(r"(\d{4})年(\d{2})月")


def finish_export(response: Any) -> Any:
    """After a request: a CSV answer begins with one byte order mark, and a chart's export is named after what it shows."""
    from flask import request

    suffix = SUFFIXES.get(response.mimetype)
    if suffix is None or response.status_code != 200:
        return response
    if suffix == "csv":
        _mark(response)
    if request.path.startswith("/api/v1/chart/") and (name := _name_of_chart()):
        response.headers["Content-Disposition"] = disposition(name, suffix)
    return response


def _mark(response: Any) -> None:
    if response.is_streamed:
        response.response = _marked(response.response)
        response.headers.pop("Content-Length", None)
    else:
        data = response.get_data()
        if not data.startswith(codecs.BOM_UTF8):
            response.set_data(codecs.BOM_UTF8 + data)
    response.headers["Content-Type"] = "text/csv; charset=utf-8"


def _marked(chunks: Iterable[str | bytes]) -> Iterator[bytes]:
    parts = (chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks)
    first = next(parts, b"")
    yield from itertools.chain([first if first.startswith(codecs.BOM_UTF8) else codecs.BOM_UTF8 + first], parts)


def disposition(name: str, suffix: str) -> str:
    """Header that gives ``name`` to every browser; those that know ASCII only get ``export``."""
    quoted = urllib.parse.quote(name, safe="")
    return f"attachment; filename=\"export.{suffix}\"; filename*=UTF-8''{quoted}.{suffix}"


def file_name(parts: Iterable[str]) -> str:
    """The parts that are not empty, joined by ``_``, without what a file name must not hold."""
    cleaned = (UNFIT.sub("-", part).strip("-. ")[:LONGEST_PART] for part in parts)
    return "_".join(part for part in cleaned if part)


def _name_of_chart() -> str:
    """Name from the chart and the filters that this request asks for; empty when it says neither."""
    from flask import request
    from superset.daos.chart import ChartDAO

    body = _body(request)
    chart_id = (request.view_args or {}).get("pk") or _dict(body.get("form_data")).get("slice_id")
    chart = ChartDAO.find_by_id(chart_id) if isinstance(chart_id, int) else None  # only those that the person may see
    if not body and chart is not None and chart.query_context:
        body = _dict(json.loads(chart.query_context))
    filters = [
        condition
        for query in _list(body.get("queries"))
        for condition in _list(_dict(query).get("filters"))
        if isinstance(condition, dict)
    ]
    return file_name(
        [
            chart.slice_name if chart is not None else "",
            MONTH.sub(r"\1-\2", _filtered(filters, MONTH_COLUMNS)),
            _filtered(filters, PLATFORM_COLUMNS),
        ]
    )


def _body(request: Any) -> dict:
    try:
        return _dict(request.get_json(silent=True) or json.loads(request.form.get("form_data", "{}")))
    except ValueError:
        return {}


def _filtered(filters: list[dict], columns: tuple[str, ...]) -> str:
    """The one value, or the few, that the first of ``columns`` is narrowed to."""
    for column in columns:
        for condition in filters:
            if condition.get("col") == column and condition.get("op") in {"IN", "=="}:
                value = condition.get("val")
                values = [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]
                return "、".join(values) if len(values) <= 3 else f"{values[0]}等{len(values)}项"
    return ""


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []
