"""Sessions that end: kept on this machine, gone at logout and after a working day.

The cookie is a random name and says nothing. What it names lies in one SQLite file that all worker processes share; the
file holds hashes of the names, so that whoever reads it has no session. A login makes a new name: a name that somebody
planted in a browser before the login is worth nothing afterwards.

A request may still be running when its session ends, and would write it anew when it is done. Therefore a session
that has an account is inserted by the login alone; all later writes can only change a row that is there.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from cachelib.base import BaseCache
from flask.json.tag import TaggedJSONSerializer

from hotline.private_store import PrivateStore

SCHEMA = """
create table if not exists sessions (
    key text primary key, account text, expires_at real not null, content text not null);
create index if not exists sessions_expires_at on sessions (expires_at);
create index if not exists sessions_anonymous on sessions (expires_at) where account is null
"""
ACCOUNT = "_user_id"
"""Where Flask-Login keeps whose session it is."""


class SessionStore(BaseCache):
    """The store that Flask-Session writes to. Lifetimes are seconds; ``anonymous_most`` bounds sessions of nobody."""

    def __init__(self, path: Path, *, seconds: float, anonymous_seconds: float, anonymous_most: int) -> None:
        super().__init__()
        self.seconds, self.anonymous_seconds, self.anonymous_most = seconds, anonymous_seconds, anonymous_most
        self.store, self.serializer = PrivateStore(path, SCHEMA), TaggedJSONSerializer()

    def get(self, key: str) -> Any:
        """The content of a live session, else None."""
        sql = "select content from sessions where key = ? and expires_at > ?"
        found = self.store.rows(sql, (hashed(key), time.time()))
        return self.serializer.loads(found[0][0]) if found else None

    def begin(self, key: str, account: str) -> None:
        """Insert the session of an account that has just logged in, and sweep out what has expired."""
        now = time.time()
        with self.store.transaction() as connection:
            connection.execute("delete from sessions where expires_at <= ?", (now,))
            connection.execute(
                "insert or replace into sessions values (?, ?, ?, '{}')", (hashed(key), account, now + self.seconds)
            )

    def set(self, key: str, value: dict, timeout: int | None = None) -> bool:
        """Write a session; false when it belongs to an account and has ended meanwhile.

        ``timeout`` is Flask's lifetime and passed by: the end of a session is set when it begins.
        """
        content = self.serializer.dumps(value)
        with self.store.transaction() as connection:
            if account := value.get(ACCOUNT):
                sql = "update sessions set content = ? where key = ? and account = ? and expires_at > ?"
                return connection.execute(sql, (content, hashed(key), str(account), time.time())).rowcount > 0
            now = time.time()
            connection.execute(
                "insert or replace into sessions values (?, null, ?, ?)",
                (hashed(key), now + self.anonymous_seconds, content),
            )
            connection.execute("delete from sessions where expires_at <= ?", (now,))
            connection.execute(
                "delete from sessions where key in (select key from sessions where account is null"
                " order by expires_at desc limit -1 offset ?)",
                (self.anonymous_most,),
            )
        return True

    def delete(self, key: str) -> bool:
        with self.store.transaction() as connection:
            return connection.execute("delete from sessions where key = ?", (hashed(key),)).rowcount > 0


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def end_session() -> None:
    """Forget the current session, on the server and in the browser."""
    from flask import session

    session.clear()


def begin_session(account: str) -> None:
    """Give the current session, which has just become an account's, a new name and its row."""
    from flask import current_app, session

    interface = current_app.session_interface
    interface.regenerate(session)
    interface.cache.begin(f"{interface.key_prefix}{session.sid}", account)
