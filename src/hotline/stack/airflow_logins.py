"""The demonstration's Airflow: its own simple accounts, with limited logins and nothing about it told before one.

Named in ``airflow.cfg`` as the auth manager, so that Airflow does not start without it. Runs in the Airflow
environment. A production set-up has another auth manager with limits of its own, see docs/operations/index.md.
"""

from __future__ import annotations

import logging
import os
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.auth.managers.simple.services.login import SimpleAuthManagerLogin
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from fastapi import FastAPI, HTTPException, Request
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hotline import yaml_file
from hotline.access_log import AccessLog
from hotline.attempts import Attempts, attempts_of
from hotline.settings import Settings
from hotline.stack.airflow import given_metadata
from hotline.stack.airflow_metadata import OneWriter

logger = logging.getLogger("hotline.logins")
ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""Address of the client whose request is being answered."""
VERSION_HEADER = b"airflow-api-version"
VERSION_PATHS = {"/api/v2/version"}


class LimitedSimpleAuthManager(SimpleAuthManager):
    """Airflow's SimpleAuthManager; wrong passwords make the next try wait, whichever door they come through."""

    def init(self) -> None:
        super().init()
        settings = Settings.from_environment()
        security = yaml_file.read(settings.home / "superset" / "security.yaml")
        self.attempts: Attempts = attempts_of(Path(os.environ["AIRFLOW_HOME"]), settings.home)
        self.access_log = AccessLog(settings.access_log, security["access_log"]["keep_days"])
        if not hasattr(SimpleAuthManagerLogin, "unlimited"):
            # the routes of both tokens and of the login form call this one function, by its name on the class
            SimpleAuthManagerLogin.unlimited = SimpleAuthManagerLogin.create_token
            SimpleAuthManagerLogin.create_token = staticmethod(self.limited_token)

    def limited_token(self, body: Any, *args: Any, **options: Any) -> str:
        """A token for the right password; HTTPException 401 for a wrong one, 429 while the account has to wait."""
        if not body.username or not body.password:
            return SimpleAuthManagerLogin.unlimited(body, *args, **options)  # says what is missing, looks at nothing
        address = ADDRESS.get()
        booked = self.attempts.book(body.username, address)
        if booked.wait:
            text = f"登录尝试过多，请在 {booked.wait} 秒后再试。 Too many logins, try again in {booked.wait} s."
            raise HTTPException(429, text, {"Retry-After": str(booked.wait)})
        known = body.username if body.username in {user.username for user in self.get_users()} else None
        try:
            token = SimpleAuthManagerLogin.unlimited(body, *args, **options)
        except HTTPException:
            self.note("login refused", known, waits=booked.locked or None, turned_away=booked.refused or None)
            if booked.locked:
                name = known or "a name that nobody has"
                logger.warning("logins of %s from %s wait for %d s: wrong passwords", name, address, booked.locked)
            raise
        self.attempts.right(body.username, address)
        self.note("login", known)
        return token

    def note(self, action: str, account: str | None, **details: object) -> None:
        try:
            self.access_log.write("airflow", action, account=account, address=ADDRESS.get(), **details)
        except OSError:
            logger.exception("the access log cannot be written")

    def get_fastapi_middlewares(self) -> list:
        own = [(Barrier, {})]
        if not given_metadata():
            own.append((OneWriter, {}))
        return [*super().get_fastapi_middlewares(), *own]


class Barrier:
    """Keeps the client's address for the count, and descriptions and versions of the server for who has logged in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        ADDRESS.set(scope["client"][0] if scope.get("client") else "")
        request = Request(scope)
        if is_description(scope["app"], scope["path"]) and not await has_login(request):
            answer = JSONResponse({"detail": "Not authenticated"}, 401)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send if request.headers.get("authorization") else without_version(send))


def without_version(send: Send) -> Send:
    """``send`` that leaves out the header by which the API of the workers names its version to whoever asks."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [pair for pair in message["headers"] if pair[0].lower() != VERSION_HEADER]
        await send(message)

    return sent


def is_description(app: FastAPI, path: str) -> bool:
    """Whether a path describes the server: its version, or the OpenAPI text and pages of it or a part of it."""
    path = "/" + path.strip("/")
    return path in VERSION_PATHS or any(path == found or path.startswith(f"{found}/") for found in descriptions(app))


def descriptions(app: FastAPI, prefix: str = "") -> set[str]:
    """Paths of the descriptions of an application and of those mounted in it, also of versioned ones (Cadwyn)."""
    names = ("openapi_url", "docs_url", "redoc_url", "changelog_url", "swagger_ui_oauth2_redirect_url")
    found = {f"{prefix}{path}" for name in names if (path := getattr(app, name, None))}
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            found |= descriptions(route.app, f"{prefix}{route.path}")
            # a versioned application takes its own addresses off and serves them as plain routes
            found |= {f"{prefix}{route.path}/{name}" for name in ("openapi.json", "docs", "redoc", "changelog")}
    return found


async def has_login(request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE_NAME_JWT_TOKEN, "")
    if not token:
        return False
    try:
        return await get_auth_manager().get_user_from_token(token) is not None
    except Exception:  # whatever is wrong with a token, it is no login
        return False
