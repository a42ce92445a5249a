"""Tabs of SQL Lab are their owner's: what Superset leaves open of them is closed here.

A tab and the tables unfolded in it are kept on the server. Superset asks whose a tab is, but lets a change name another
owner (a tab with SQL of one's own would stand in somebody else's SQL Lab) and never asks for the tables and queries.
"""

from __future__ import annotations

import json
from typing import Any

PERSONS = {"id", "user_id", "created_by_fk", "changed_by_fk"}
QUERY_FIELDS = ("queryId", "latest_query_id")


def refuse_foreign() -> Any:
    """Before a request: 403 for what belongs to another account's tab, or would give a tab to another account."""
    from flask import Response, g, request

    view, _, _ = (request.endpoint or "").partition(".")
    if view not in {"TabStateView", "TableSchemaView"} or not getattr(g.get("user"), "is_authenticated", False):
        return None
    try:
        allowed = _is_own(view, request.view_args or {}, request.form)
    except (ValueError, TypeError, AttributeError):
        return Response(status=400)
    return None if allowed else Response(status=403)


def _is_own(view: str, named: dict[str, Any], form: Any) -> bool:
    """Whether all that a request names is the asking account's, or nobody's. Raises ValueError on what is no JSON."""
    from superset.models.sql_lab import Query, TableSchema, TabState
    from superset.utils.core import get_user_id

    from superset import db

    def owner(model: Any, **key: Any) -> int | None:
        found = db.session.query(model).filter_by(**key).one_or_none()
        return found and found.user_id

    owners = set()
    if view == "TableSchemaView":
        tab = json.loads(form["table"])["queryEditorId"] if "table" in form else None
        if stored := db.session.get(TableSchema, named.get("table_schema_id", -1)):
            tab = stored.tab_state_id
        owners.add(owner(TabState, id=int(tab)) if tab is not None else None)
    elif PERSONS & set(form):
        return False
    queries = {named.get("client_id"), *(json.loads(form[field]) for field in QUERY_FIELDS if field in form)}
    owners |= {owner(Query, client_id=str(query)) for query in queries if query is not None}
    return owners <= {None, get_user_id()}
