"""What pages say and ask for: no version before the login, and no foreign host at all."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, abort, g, request

TELEMETRY = re.compile(rb"https://[a-z0-9.-]*scarf\.sh/[^`\"']*")
"""The address of a counting pixel that the shipped menu draws on every page; no setting turns it off."""
NOTHING = b"data:,"
"""An image without content: the browser asks nobody for it."""
VERSIONS = ("version_string", "version_sha", "build_number")
ABOUT_THE_SERVER = {"/version", "/static/version_info.json"}


def hide_versions(bootstrap: dict[str, Any]) -> dict[str, Any]:
    """Take the version out of what a page is told, while nobody has logged in (``COMMON_BOOTSTRAP_OVERRIDES_FUNC``)."""
    if getattr(g.get("user"), "is_authenticated", False):
        return {}
    menu = bootstrap["menu_data"]
    return {"menu_data": menu | {"navbar_right": menu["navbar_right"] | dict.fromkeys(VERSIONS)}}


def guard_screens(app: Any) -> None:
    """Serve the scripts that name a telemetry host without it, and files about the server after the login only.

    The corrected scripts are made in memory, so that the installed package stays as released.
    """
    folder = Path(app.static_folder)

    @cache
    def corrected(name: str) -> bytes | None:
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        changed = TELEMETRY.sub(NOTHING, content)
        return changed if changed != content else None

    @app.before_request
    def guarded() -> Response | None:
        path = posixpath.normpath(re.sub("/+", "/", request.path))  # as the static folder is read
        if path in ABOUT_THE_SERVER and not getattr(g.get("user"), "is_authenticated", False):
            abort(401)
        if request.endpoint != "static":
            return None
        name = posixpath.normpath(request.view_args["filename"])
        # only names of files that are there: a name is kept for ever
        if name.startswith("..") or not name.endswith(".js") or (body := corrected_if_there(name)) is None:
            return None
        return Response(body, mimetype="text/javascript", headers={"Cache-Control": "public, max-age=86400"})

    def corrected_if_there(name: str) -> bytes | None:
        return corrected(name) if (folder / name).is_file() else None
