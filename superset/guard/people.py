"""Other people's names and addresses, taken out of what is answered to those who have no business with them.

Superset writes owners and authors into every chart, dashboard and data set that it describes, and offers lists of people
to choose from. One place looks at the answers, because a new kind of list would not know of a rule for the old ones.
"""

from __future__ import annotations

import json
import re
from typing import Any

LISTS = {"owners", "extra_owners"}
PERSONS = {"created_by", "changed_by", "last_saved_by", "user"}
NAMES = {"created_by_name", "changed_by_name", "creator", "changed_by_url", "created_by_url"}
CHOICES = re.compile(r"^/api/v1/\w+/(?:related|distinct)/(?:owners|created_by|changed_by|last_saved_by|user)$")
ROWS = "/api/v1/chart/data"
"""Answers that hold rows of the warehouse: no person of this server is in them."""


def hide_others(response: Any) -> Any:
    """After a request: nobody but an administrator chooses from other people; roles without SQL Lab see no other name."""
    from flask import g, request

    from superset import security_manager

    if (
        not request.path.startswith("/api/v1/")
        or request.path.startswith(ROWS)
        or response.mimetype != "application/json"
        or response.is_streamed
    ):
        return response
    choices = CHOICES.match(request.path) and not ("user" in g and security_manager.is_admin())
    if not choices and security_manager.may_write_sql():
        return response
    try:
        body = json.loads(response.get_data())
    except ValueError:
        return response
    own = getattr(g.get("user"), "id", None)
    if choices and isinstance(body, dict) and isinstance(body.get("result"), list):
        kept = [item for item in body["result"] if isinstance(item, dict) and own is not None and item["value"] == own]
        body |= {"result": kept, "count": len(kept)}
    if not security_manager.may_write_sql():
        body = _without_others(body, own)
    response.set_data(json.dumps(body, ensure_ascii=False).encode())
    return response


def _without_others(value: Any, own: int | None) -> Any:
    match value:
        case dict():
            return {key: _entry(key, item, own) for key, item in value.items()}
        case list():
            return [_without_others(item, own) for item in value]
        case _:
            return value


def _entry(key: str, value: Any, own: int | None) -> Any:
    if key in LISTS and isinstance(value, list):
        return [item for item in value if own is not None and isinstance(item, dict) and item.get("id") == own]
    if key in PERSONS and isinstance(value, dict | str):
        return value if own is not None and isinstance(value, dict) and value.get("id") == own else None
    if key in NAMES and isinstance(value, str):
        return ""
    return _without_others(value, own)
