"""Chart requests that nobody's page sends, turned away before Superset reads them."""

from __future__ import annotations

import json
from typing import Any

from guard import payloads


def refuse_misshapen() -> Any:
    """Before a request: 400, in Chinese, for a chart request of a wrong form from a role without SQL Lab."""
    from flask import request

    from superset import security_manager

    if request.endpoint != "ChartDataRestApi.data" or security_manager.may_write_sql():
        return None
    try:
        body = request.get_json(silent=True) if request.is_json else json.loads(request.form.get("form_data", "null"))
    except (ValueError, RecursionError):
        return None  # Superset says itself that this is not JSON
    wrong = None if body is None else payloads.misshapen(body)
    return _refusal(wrong) if wrong else None


def too_deep(error: RecursionError) -> Any:
    """Error handler: an expression nested deeper than the parser follows is a mistake of the request."""
    return _refusal("表达式嵌套过深")


def _refusal(message: str) -> Any:
    from flask import jsonify

    response = jsonify({"message": message})
    response.status_code = 400
    return response
