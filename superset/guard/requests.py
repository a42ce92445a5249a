"""Requests that nobody's page sends, turned away before Superset reads them."""

from __future__ import annotations

import json
import logging
from typing import Any

from guard import payloads
from guard.definitions import security

CHART_DATA = "ChartDataRestApi."
LOGGER = logging.getLogger(__name__)


def limit_length() -> Any:
    """Before a request: 413 for a statement that is too long, or whose length nobody states.

    Superset takes a statement apart several times, in the server itself. What holds for all requests is
    ``MAX_CONTENT_LENGTH``.
    """
    from flask import request

    if request.method != "POST" or not (request.endpoint or "").startswith("SqlLabRestApi."):
        return None
    longest = security()["request_limits"]["statement_bytes"]
    if request.content_length is None or request.content_length > longest:
        return _refusal(f"语句超过 {longest} 字节", 413)
    return None


def refuse_streams() -> Any:
    """Before a request: 404 for the export that Superset streams; it leaves formulas as they are, and breaks off.

    Pages do not offer it: ``CSV_STREAMING_ROW_THRESHOLD`` is out of reach.
    """
    from flask import request

    return _refusal("不提供流式导出", 404) if request.endpoint == "SqlLabRestApi.export_streaming_csv" else None


def refuse_misshapen() -> Any:
    """Before a request: 400, in Chinese, for a chart request that is too much or cannot be answered, or of a wrong form
    from a role without SQL Lab."""
    from flask import request

    from superset import security_manager

    if request.endpoint != f"{CHART_DATA}data":
        return None
    try:
        body = request.get_json(silent=True) if request.is_json else json.loads(request.form.get("form_data", "null"))
    except (ValueError, RecursionError):
        return None  # Superset says itself that this is not JSON
    wrong = payloads.too_much(body) or payloads.not_made(body)
    if not wrong and body is not None and not security_manager.may_write_sql():
        wrong = payloads.misshapen(body)
    return _refusal(wrong) if wrong else None


def register_error_handlers(app: Any) -> None:
    """Answer what Superset stumbles over in a chart request as the mistake of the request that it is.

    Superset reads options of pivots, values of filters and forms of charts without a look at their shape. The trace goes
    into the log: were the fault the server's, it is found there.
    """
    from sqlalchemy.exc import CompileError

    app.register_error_handler(RecursionError, too_deep)
    for kind in (TypeError, ValueError, AttributeError, LookupError, CompileError):
        app.register_error_handler(kind, misunderstood)


def too_deep(error: RecursionError) -> Any:
    """Error handler: an expression nested deeper than the parser follows is a mistake of the request."""
    return _refusal("表达式嵌套过深")


def misunderstood(error: Exception) -> Any:
    """Error handler: 400 for a chart request; elsewhere Superset's own handler answers."""
    from flask import current_app, request

    if not (request.endpoint or "").startswith(CHART_DATA):
        return current_app.error_handler_spec[None][None][Exception](error)
    LOGGER.warning("a chart request could not be understood", exc_info=error)
    return _refusal("请求的内容无法理解：选项、筛选值或图表设置的形式不对")


def _refusal(message: str, status: int = 400) -> Any:
    from flask import jsonify

    response = jsonify({"message": message})
    response.status_code = status
    return response
