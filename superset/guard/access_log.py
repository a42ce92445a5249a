"""Who read or exported what, written after every answer; the file and its form: ``hotline.access_log``.

What is not listed as unimportant is written, so that a reading door of a later version is not forgotten.
"""

from __future__ import annotations

import csv
import io
import logging
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, current_app, g, json, request
from werkzeug.exceptions import RequestEntityTooLarge

from hotline.access_log import AccessLog, without_numbers

logger = logging.getLogger("hotline.access")

QUIET = {
    "static", "appbuilder.static", "health", "healthcheck", "ping", "Superset.language_pack", "Superset.log",
    "SecurityRestApi.csrf_token", "MenuApi.get_menu_data", "CurrentUserRestApi.get_me", "CurrentUserRestApi.get_my_roles",
    "LogRestApi.recent_activity", "TabStateView.get", "TabStateView.put", "SupersetAuthView.login", "AuthDBView.login",
    "AuthLDAPView.login",
    "SecurityApi.login", "AuthDBView.logout", "AuthLDAPView.logout", "SupersetAuthView.logout",
}  # fmt: skip
"""Endpoints that show nothing of the warehouse: parts of pages, the caller's own account, logins (written apart)."""

ACTIONS = {
    "ChartDataRestApi.data": "chart data",
    "ChartDataRestApi.get_data": "chart data",
    "ChartDataRestApi.data_from_cache": "chart data",
    "Superset.explore_json": "chart data",
    "Datasource.samples": "samples",
    "DatasourceRestApi.get_column_values": "column values",
    "SqlLabRestApi.execute_sql_query": "sql",
    "SqlLabRestApi.get_results": "sql result",
    "SqlLabRestApi.export_csv": "export",
    "SqlLabRestApi.export_streaming_csv": "export",
    "Superset.dashboard": "dashboard",
}
"""What the endpoints that give rows or open a dashboard are called in the log; all others by their own name."""
TABLES = {"text/csv", "application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def log_access(app: Any, log: AccessLog) -> None:
    """Hook the access log into the application."""
    app.extensions["hotline_access_log"] = log

    @app.after_request
    def write(response: Response) -> Response:
        account, status = current_account(), response.status_code
        endpoint = request.endpoint or ""
        if endpoint in QUIET or "login_wait" in g or (account is None and endpoint not in ACTIONS):
            return response
        action = ACTIONS.get(endpoint) or f"{request.method} {endpoint or request.path}"
        if response.mimetype in TABLES:
            action = "export"
        if status in {401, 403}:
            action = "denied"
        what = subject(endpoint) | {"door": endpoint, "status": status}
        if action == "dashboard" and status != 200:
            return response  # sent on to the login page, or to the address of the dashboard's id
        if response.is_streamed and response.mimetype in TABLES:
            response.response = counted(response.response, account, action, what)
        else:
            write_event(action, account=account, rows=rows_of(response), **what)
        return response


def write_event(action: str, *, account: str | None, address: str | None = None, **details: Any) -> None:
    """Write an event of the current request. A log that cannot be written is told in the server's own log.

    The answer is given all the same: a full disk would else shut everybody out, and nobody could be told.
    """
    log: AccessLog = current_app.extensions["hotline_access_log"]
    if action.startswith("log"):
        details.setdefault("door", request.path)
    try:
        log.write("superset", action, account=account, address=address or request.remote_addr or "", **details)
    except OSError:
        logger.exception("the access log cannot be written")


def current_account() -> str | None:
    user = g.get("user")
    return getattr(user, "username", None) if getattr(user, "is_authenticated", False) else None


def subject(endpoint: str) -> dict[str, Any]:
    """What the request is about. Dashboard and chart are as the request states them, the dataset is the one read."""
    body = stated()
    form = body.get("form_data") if isinstance(body.get("form_data"), dict) else {}
    arguments = request.view_args or {}
    source = body.get("datasource") if isinstance(body.get("datasource"), dict) else {}
    dataset = source.get("id") or request.args.get("datasource_id")
    chart = arguments.get("pk") if endpoint == "ChartDataRestApi.get_data" else form.get("slice_id")
    found: dict[str, Any] = {
        "dashboard": arguments.get("dashboard_id_or_slug") or number(form.get("dashboardId")),
        "chart": number(chart),
        "dataset": dataset_name(number(dataset)),
        "format": word(body.get("result_format") or request.args.get("format")),
        "result": word(body.get("result_type") or request.args.get("type")),
    }
    if endpoint.startswith("SqlLabRestApi.") and isinstance(body.get("sql"), str):
        found["sql"] = without_numbers(body["sql"])
    others = {name: str(value)[:80] for name, value in arguments.items() if name not in {"pk", "dashboard_id_or_slug"}}
    if "pk" in arguments and endpoint != "ChartDataRestApi.get_data":
        others["id"] = str(arguments["pk"])
    return {name: value for name, value in (found | others).items() if value is not None}


def stated() -> dict[str, Any]:
    """The body of the request; empty when it is none, or longer than allowed and therefore not read."""
    try:
        body = request.get_json(silent=True) if request.is_json else json.loads(request.form.get("form_data", "null"))
    except (ValueError, RecursionError, RequestEntityTooLarge):
        return {}
    return body if isinstance(body, dict) else {}


def number(value: object) -> int | None:
    """A whole number that a request states, or None; a request may state anything."""
    try:
        return int(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        return None


def word(value: object) -> str | None:
    return value[:20] if isinstance(value, str) else None


def dataset_name(dataset: int | None) -> str | None:
    """A dataset's table, or its number where there is none such."""
    if dataset is None:
        return None
    from sqlalchemy.exc import SQLAlchemyError
    from superset.connectors.sqla.models import SqlaTable

    from superset import db

    try:
        found = db.session.query(SqlaTable.table_name).filter_by(id=dataset).one_or_none()
    except (SQLAlchemyError, OverflowError):
        db.session.rollback()
        found = None
    return found[0] if found else str(dataset)[:20]


def rows_of(response: Response) -> int | None:
    """How many rows an answer gives away; None when it gives none, or is not one of rows."""
    if response.status_code != 200 or response.is_streamed:
        return None
    try:
        if response.mimetype == "text/csv":
            return rows_of_csv(response.get_data())
        if response.mimetype in TABLES:
            return rows_of_archive(response.get_data())
        if response.mimetype == "application/json" and request.endpoint in ACTIONS:
            return rows_of_json(json.loads(response.get_data()))
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile):
        logger.exception("the rows of an answer cannot be counted")
    return None


def rows_of_csv(content: bytes) -> int:
    """Records below the header."""
    text = io.StringIO(content.decode("utf-8", "replace"), newline="")
    return max(0, sum(1 for _ in csv.reader(text)) - 1)


def rows_of_archive(content: bytes) -> int:
    """Records of an Excel file's sheets, or of the CSV and Excel files of an archive."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                total += max(0, archive.read(name).count(b"<row ") - 1)
            elif name.endswith(".csv"):
                total += rows_of_csv(archive.read(name))
            elif name.endswith(".xlsx"):
                total += rows_of_archive(archive.read(name))
    return total


def rows_of_json(answer: Any) -> int | None:
    """Rows of the results of a chart, of a statement, of samples or of a column's values."""
    if not isinstance(answer, dict):
        return None
    if isinstance(answer.get("data"), list):
        return len(answer["data"])
    result = answer.get("result")
    if isinstance(result, dict):
        return len(result["data"]) if isinstance(result.get("data"), list) else None
    if not isinstance(result, list):
        return None
    parts = [part for part in result if isinstance(part, dict) and "rowcount" in part]
    if not parts:
        return len(result)
    return sum(len(part["data"]) if isinstance(part.get("data"), list) else part["rowcount"] or 0 for part in parts)


def counted(chunks: Iterable[Any], account: str | None, action: str, what: dict) -> Iterator[Any]:
    """A large export on its way out: its lines are counted and written when it ends, also when it is broken off."""
    address, app = request.remote_addr, current_app._get_current_object()  # the request is over when the answer flows

    def flow() -> Iterator[Any]:
        lines, finished = 0, False
        try:
            for chunk in chunks:
                lines += chunk.count("\n" if isinstance(chunk, str) else b"\n")
                yield chunk
            finished = True
        finally:
            with app.app_context():
                details = what | {"rows": max(0, lines - 1), "broken_off": None if finished else True}
                write_event(action, account=account, address=address, **details)

    return flow()
