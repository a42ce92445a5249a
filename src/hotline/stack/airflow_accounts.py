"""Production's Airflow: accounts with roles in its database or a directory, with the demonstration's limits of logins.

Named in production's ``airflow.cfg`` (auth manager) and in ``deploy/airflow/webserver_config.py`` (security manager).
Runs in the Airflow environment.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from fastapi import HTTPException
from flask import has_request_context
from werkzeug.exceptions import TooManyRequests

from hotline import yaml_file
from hotline.access_log import AccessLog
from hotline.attempts import Attempts, attempts_of
from hotline.settings import Settings
from hotline.stack.airflow_logins import ADDRESS, Barrier

logger = logging.getLogger("hotline.logins")


class LimitedFabAuthManager(FabAuthManager):
    """Airflow's FabAuthManager, which tells nothing about the server before a login."""

    def get_fastapi_middlewares(self) -> list:
        return [*super().get_fastapi_middlewares(), (Barrier, {})]


class LimitedSecurityManager(FabAirflowSecurityManagerOverride):
    """Airflow's own; wrong passwords make the next try wait, at the login page and for tokens alike."""

    def auth_user_db(self, username: str, password: str, rotate_session_id: bool = True) -> Any:
        check = super().auth_user_db
        return self._limited(username, lambda name: check(name, password, rotate_session_id))

    def auth_user_ldap(self, username: str, password: str, rotate_session_id: bool = True) -> Any:
        check = super().auth_user_ldap
        return self._limited(username, lambda name: check(name, password, rotate_session_id), in_directory=True)

    def _limited(self, username: str | None, check: Callable[[str], Any], *, in_directory: bool = False) -> Any:
        """The user when the password is right, else None. Raises the HTTP error 429 while the account has to wait."""
        if not username:
            return None
        address = ADDRESS.get()
        booked = attempts().book(username, address)
        if booked.wait:
            raise too_many(booked.wait)
        # a mail address is no second name of an account: it would have a count of its own
        known = self.find_user(username=username) if username.isprintable() else None
        found = check(username) if known or in_directory else check(" ")
        name = known.username if known else None
        if found:
            attempts().right(username, address)
            note("login", found.username, address)
            return found
        note("login refused", name, address, waits=booked.locked or None, turned_away=booked.refused or None)
        if booked.locked:
            who = name or "a name that nobody has"
            logger.warning("logins of %s from %s wait for %d s: wrong passwords", who, address, booked.locked)
        return None


def too_many(seconds: int) -> Exception:
    """The answer 429 of whichever of the two web servers in this process is asking."""
    text = f"登录尝试过多，请在 {seconds} 秒后再试。 Too many logins, try again in {seconds} s."
    if has_request_context():
        return TooManyRequests(text, retry_after=seconds)
    return HTTPException(429, text, {"Retry-After": str(seconds)})


@cache
def attempts() -> Attempts:
    return attempts_of(Path(os.environ["AIRFLOW_HOME"]), Settings.from_environment().home)


@cache
def access_log() -> AccessLog:
    settings = Settings.from_environment()
    return AccessLog(settings.access_log, yaml_file.read(settings.security)["access_log"]["keep_days"])


def note(action: str, account: str | None, address: str, **details: object) -> None:
    try:
        access_log().write("airflow", action, account=account, address=address, **details)
    except OSError:
        logger.exception("the access log cannot be written")
