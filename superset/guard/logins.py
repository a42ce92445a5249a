"""Every door that takes a password: how often it may be tried, whose session it opens, and when that ends.

The counts are taken where the password is looked at and not by path, so the login page, the token of the API and
whatever door a later version adds are limited alike.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, has_request_context, json, request, session
from flask_login import user_logged_in, user_logged_out
from superset.security import SupersetSecurityManager

from guard.access_log import write_event
from guard.sessions import begin_session, end_session
from hotline.access_log import plain
from hotline.attempts import Attempts

logger = logging.getLogger("hotline.logins")
MARK = "_password_mark"
PAGE = Path(__file__).with_name("wait.html")


class SecurityManager(SupersetSecurityManager):
    """Superset's own, with limited logins, and with sessions and tokens that a change of password ends."""

    def auth_user_db(self, username: str, password: str) -> Any:
        return self._limited(username, lambda name: super(SecurityManager, self).auth_user_db(name, password))

    def auth_user_ldap(self, username: str, password: str) -> Any:
        if self.auth_type != self.auth_type_ldap:  # the API offers it to whoever asks, though no directory is set up
            return self._limited(username, lambda name: None)
        return self._limited(username, lambda name: super(SecurityManager, self).auth_user_ldap(name, password))

    @property
    def auth_type_ldap(self) -> int:
        from flask_appbuilder.const import AUTH_LDAP

        return AUTH_LDAP

    def _limited(self, username: str | None, check: Any) -> Any:
        """The user when the try is allowed and the password right, else None; a refusal is answered with 429."""
        if not username or not has_request_context():
            return check(username)
        attempts: Attempts = current_app.extensions["hotline_attempts"]
        address = request.remote_addr or ""
        booked = attempts.book(username, address)
        if booked.wait:
            g.login_wait = booked.wait
            return None
        user = self.find_user(username=username) if username.isprintable() else None
        # An account may be called by its name only: an e-mail address would be a second name with a count of its own,
        # and the two counts would tell that the account exists. A name that nobody can have costs the same time.
        known = user.username if user else None
        found = check(username if user or self.auth_type == self.auth_type_ldap else secrets.token_hex(16))
        if found:
            attempts.right(username, address)
            return found
        write_event("login refused", account=known, waits=booked.locked or None, turned_away=booked.refused or None)
        if booked.locked:
            logger.warning(
                "logins of %s from %s wait for %d s after too many wrong passwords",
                known or "a name that nobody has",
                address,
                booked.locked,
            )
        return None

    # ---------- a change of password ends what was opened with the old one

    def create_jwt_manager(self, app: Any) -> Any:
        manager = super().create_jwt_manager(app)
        manager.additional_claims_loader(lambda identity: {MARK: password_mark(self.get_user_by_id(int(identity)))})
        return manager

    def load_user(self, pk: int) -> Any:
        user = super().load_user(pk)
        if user is None or (session.get("_user_id") == str(pk) and not is_marked(session.get(MARK), user)):
            return None
        return user

    def load_user_jwt(self, _jwt_header: dict, jwt_data: dict) -> Any:
        user = super().load_user_jwt(_jwt_header, jwt_data)
        if user is not None and not is_marked(jwt_data.get(MARK), user):
            g.user = current_app.login_manager.anonymous_user()
            return None
        return user

    def on_user_login(self, user: Any) -> None:
        write_event("login", account=user.username)

    def on_user_logout(self, user: Any) -> None:
        write_event("logout", account=user.username)


def password_mark(user: Any) -> str:
    """A word that changes with the stored password and tells nothing about it."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"{user.id}:{user.password or ''}".encode(), sha256).hexdigest()[:32]


def is_marked(mark: object, user: Any) -> bool:
    return isinstance(mark, str) and hmac.compare_digest(mark, password_mark(user))


def limit_logins(app: Any, attempts: Attempts) -> None:
    """Hook the counts, the answer 429 and the beginning and end of sessions into the application."""
    app.extensions["hotline_attempts"] = attempts
    page = PAGE.read_text(encoding="utf-8")

    @app.after_request
    def answer_too_many(response: Response) -> Response:
        wait = g.get("login_wait")
        if not wait:
            return response
        session.pop("_flashes", None)
        if request.path.startswith("/api/"):
            body = json.dumps(
                {"message": f"登录尝试过多，请在 {wait} 秒后再试。 Too many logins, try again in {wait} s."}
            )
            answer = Response(body, 429, mimetype="application/json")
        else:
            answer = Response(page.replace("{wait}", str(wait)), 429, mimetype="text/html")
        answer.headers["Retry-After"] = str(wait)
        return answer

    @user_logged_in.connect_via(app)
    def login(sender: Any, user: Any) -> None:
        session[MARK] = password_mark(user)
        begin_session(str(user.id))

    @user_logged_out.connect_via(app)
    def logout(sender: Any, user: Any) -> None:
        end_session()


class OneLine(logging.Formatter):
    """Escapes what a request put into a message: a user name with a line break would forge a line of the log."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return plain(super().formatMessage(record))


def escape_logs(app: Any) -> None:
    """Let all handlers of the root logger write one line a message; tracebacks keep theirs."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(OneLine(app.config["LOG_FORMAT"]))
