"""Which file a person's connection opens: the first barrier between one platform and the rows of another.

The address stored in Superset names no file. Every engine is given one by the name of the person it is made for:
the whole warehouse to the province's roles, the file of the own platform to a city's, nothing to anybody else, and
nothing when Superset does not know for whom it works. ``security.yaml`` says which role is which (``row_access``) and
whose a person is (``users``); ``hotline publish`` writes the files.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from guard.definitions import security

PROVINCE = "province"
READ_ONLY = {
    "read_only": True,
    # without these a query could read any file of the host, and attach the file of another platform
    "config": {"enable_external_access": False, "lock_configuration": True},
}


@cache
def platforms() -> dict[str, str]:
    """Platform code by user name."""
    return {user["username"]: user["platforms"][0] for user in security()["users"] if user.get("platforms")}


def scope(username: str | None, security_manager: Any) -> str | None:
    """``PROVINCE``, the code of a platform, or None: whose rows this person may see.

    Of several roles the narrowest counts, so that a role given by mistake shows less and not more.
    """
    user = security_manager.find_user(username=username) if username else None
    if user is None or not user.is_active:
        return None
    access, roles = security()["row_access"], {role.name for role in security_manager.get_user_roles(user)}
    if roles & set(access["platform"]):
        return platforms().get(user.username)
    return PROVINCE if roles & set(access[PROVINCE]) else None


def own_scope() -> str:
    """Scope of the person that this request is for; empty when there is none. Row rules and caches name it."""
    from superset.utils.core import get_username

    from superset import security_manager

    return scope(get_username(), security_manager) or ""


def file_of(own: str | None) -> Path:
    """The file that holds the rows of a scope. Raises SupersetSecurityException when there is none."""
    from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
    from superset.exceptions import SupersetSecurityException

    whole = Path(os.environ["HOTLINE_PUBLISHED_DATABASE"])
    file = whole if own == PROVINCE else whole.parent / "platforms" / f"{own}.duckdb"
    if own and file.is_file():
        return file
    message = (
        "尚未发布可供该账号查看的数据，请联系系统管理员。" if own else "该账号没有查看数据的权限，请联系系统管理员。"
    )
    raise SupersetSecurityException(
        SupersetError(message, SupersetErrorType.DATABASE_SECURITY_ACCESS_ERROR, ErrorLevel.ERROR)
    )


def connection_of(
    uri: Any, params: dict[str, Any], username: str | None, security_manager: Any, source: Any
) -> tuple[Any, dict[str, Any]]:
    """Superset's ``DB_CONNECTION_MUTATOR``: the engine for a person opens the file of that person's scope."""
    if uri.get_backend_name() != "duckdb":
        return uri, params
    arguments = params.setdefault("connect_args", {})
    arguments["read_only"] = READ_ONLY["read_only"]
    arguments["config"] = arguments.get("config", {}) | READ_ONLY["config"]
    return uri.set(database=str(file_of(scope(username, security_manager)))), params
