"""Every statement on the warehouse runs in a process of its own, when its user's turn has come, within its limits.

All ways to the data (charts, samples, filter values, metadata of tables, SQL Lab, exports) open a connection through
SQLAlchemy's DuckDB dialect. ``install`` puts ``Dialect`` in its place: opening a connection waits for a turn
(:mod:`guard.slots`), takes a query process (:mod:`guard.query_process`), and kills it when the time of the request is
over or its reader has gone. The time of a request is the sum over its connections, without the waiting.
"""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection as Wire
from pathlib import Path

import duckdb
import duckdb_engine
import flask
from sqlalchemy.dialects import registry
from werkzeug.wsgi import ClosingIterator

from guard.limits import CHARTS, SQL_LAB, Limits
from guard.slots import Full, Held, Room, Seat, Slots

log = logging.getLogger(__name__)

SQL_LAB_PATHS = "/api/v1/sqllab/"
RUNNER = Path(__file__).with_name("query_process.py")
LOOK_SECONDS = 0.5
"""How often a running query looks whether its reader is still there."""
TURN_SECONDS = 0.2
"""How often a waiting one looks for a place that another server process has given back."""
KEPT_MB = 256
"""A process that holds more than this after its query is ended and not used again."""
FETCH_ROWS = 2000
OPEN_SECONDS = 60
"""Starting a process and opening the file: seconds that are the server's fault and not the query's."""


class LimitError(Exception):
    """A limit ended the query; the text is for its user. Not a database error: SQLAlchemy would wrap it in English."""


class Request:
    """What one HTTP request has used so far, in seconds; one thread works on it from beginning to end."""

    def __init__(self, path: str = "", client: socket.socket | None = None) -> None:
        self.kind = SQL_LAB if path.startswith(SQL_LAB_PATHS) else CHARTS
        self.client = client
        self.used = self.waited = 0.0
        self.connections: list[Connection] = []
        self.refused: str | None = None
        """Status line of the answer, when the query has not even begun."""

    def has_reader(self) -> bool:
        """False once the other end has hung up: nobody will read the answer."""
        if self.client is None:
            return True
        try:
            return self.client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except (BlockingIOError, ValueError):  # nothing to read; a TLS socket cannot be looked into
            return True
        except OSError:
            return False


class Guard:
    """The limits of one server process, and all that they are counted with."""

    def __init__(self, limits: Limits, folder: Path) -> None:
        self.limits = limits
        self.slots = Slots(folder / "slots", limits.processes, limits.running_per_user)
        self.room = Room(limits.threads - limits.spare_threads, limits.waiting_per_user)
        self.spill = folder / "spill"
        self.spill.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.local = threading.local()
        self._idle: list[Process] = []

    def request(self) -> Request:
        """That of this thread; outside of HTTP an empty one."""
        if getattr(self.local, "request", None) is None:
            self.local.request = Request()
        return self.local.request

    def turn(self, user: str, request: Request) -> tuple[Seat, Held]:
        """Wait for a place; all waiting of a request counts together. Raises LimitError when there is none in time."""
        limits, long = self.limits, request.kind == SQL_LAB
        try:
            seat = self.room.enter(user, long=long)
        except Full as full:
            if full.own:
                request.refused = "429 Too Many Requests"
                raise LimitError(
                    f"您同时发出的查询太多：每人最多 {limits.running_per_user} 个在运行、"
                    f"{limits.waiting_per_user} 个在排队。请待前面的查询结束后再试。"
                ) from full
            request.refused = "503 Service Unavailable"
            raise LimitError("查询服务繁忙，请稍后再试。") from full
        begun = time.monotonic()
        deadline = begun + limits.patience_seconds - request.waited
        try:
            while True:
                if seat.evicted:
                    request.refused = "429 Too Many Requests"
                    raise LimitError("查询服务繁忙，您在排队的查询最多，其中最后一个已取消。请稍后再试。")
                if self.room.is_next(seat) and (held := self.slots.take(user, long=long)):
                    seat.waiting = False
                    return seat, held
                if not request.has_reader():
                    raise LimitError("浏览器已断开，查询已取消。")
                if time.monotonic() > deadline:
                    request.refused = "429 Too Many Requests"
                    raise LimitError(
                        f"查询排队 {limits.patience_seconds:g} 秒仍未轮到：每人同时最多运行 {limits.running_per_user} 个，"
                        f"全系统最多 {limits.processes} 个。请待前面的查询结束后再试。"
                    )
                self.room.pause(TURN_SECONDS)
        except BaseException:
            self.room.leave(seat)
            raise
        finally:
            request.waited += time.monotonic() - begun

    def process(self) -> Process:
        """One that is ready, or a new one."""
        with suppress(IndexError):
            while True:
                process = self._idle.pop()
                if process.is_alive():
                    return process
                process.kill()
        return Process(self.limits)

    def keep(self, process: Process) -> None:
        if len(self._idle) < self.limits.processes:
            self._idle.append(process)
        else:
            process.kill()


class Process:
    """Our end of one query process."""

    def __init__(self, limits: Limits) -> None:
        here, there = socket.socketpair()
        with there:
            self._child = subprocess.Popen(
                [sys.executable, "-I", RUNNER, str(there.fileno()), str(limits.memory_mb), str(limits.result_mb)],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                # the server's secrets stand in its environment; a query needs the time zone at most
                env={name: os.environ[name] for name in ("TZ", "LANG", "LC_ALL") if name in os.environ},
            )
        self._wire = Wire(here.detach())

    def call(self, name: str, *arguments: object, until: float, wanted: Callable[[], bool]) -> object:
        """Ask and wait for the answer, until ``until`` (monotonic seconds) or as long as ``wanted()`` says.

        Raises TimeoutError, InterruptedError when nobody wants the answer, EOFError when the process has ended, and
        errors of DuckDB as they were there.
        """
        try:
            self._wire.send((name, *arguments))
            while not self._wire.poll(max(0.0, min(LOOK_SECONDS, until - time.monotonic()))):
                if time.monotonic() >= until:
                    raise TimeoutError
                if not wanted():
                    raise InterruptedError
            outcome, *value = self._wire.recv()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError from error
        if outcome == "ok":
            return value[0]
        kind, text = value
        if kind in {"MemoryError", "OutOfMemoryException", "bad_alloc"} or "std::bad_alloc" in text:
            raise MemoryError(text)
        if kind == "ResultTooLarge":
            raise OverflowError(text)
        error = getattr(duckdb, kind, duckdb.Error)
        raise (error if isinstance(error, type) and issubclass(error, duckdb.Error) else duckdb.Error)(text)

    def is_alive(self) -> bool:
        """False when somebody else has ended it meanwhile, as the kernel does on a machine short of memory."""
        return self._child.poll() is None

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()
        self._wire.close()


class ColumnType(str):
    """Name of a DuckDB type, in the place of the library's own object, which cannot leave its process."""

    __slots__ = ()


class Connection:
    """As much of ``duckdb.DuckDBPyConnection`` as duckdb-engine uses, with the database open in another process."""

    def __init__(self, guard: Guard, database: str, read_only: bool, config: dict) -> None:
        """Waits for a turn. Raises LimitError when it does not come, or when the request has used its time."""
        self._guard, self._request = guard, guard.request()
        user, roles = _who()
        self._seconds = guard.limits.seconds_of(roles, self._request.kind)
        self._left = self._seconds - self._request.used
        if self._left <= 0:
            raise self._too_long()
        self.description: list[tuple] | None = None
        self.rowcount = -1
        # a second connection of the same request must not wait for the place that the first one holds
        self._turn = None if self._request.connections else guard.turn(user, self._request)
        self._process: Process | None = None
        self._request.connections.append(self)
        try:
            self._process = guard.process()
            # the file is opened on the server's time: a query must not pay for a slow start of ours
            self._deadline = time.monotonic() + OPEN_SECONDS
            self._call("open", database, read_only, config | self._bounds())
        except BaseException:
            self._end(kill=True)
            raise
        self._begun = time.monotonic()
        self._deadline = self._begun + self._left

    def execute(self, statement: str, parameters: object = None) -> Connection:
        described, self.rowcount = self._call("execute", statement, parameters)
        self.description = described and [(name, ColumnType(kind), *rest) for name, kind, *rest in described]
        return self

    def executemany(self, statement: str, parameters: list) -> Connection:
        self._call("executemany", statement, parameters)
        return self

    def fetchmany(self, size: int = 1) -> list[tuple]:
        rows: list[tuple] = []
        while len(rows) < size:
            some = pickle.loads(self._call("fetch", min(FETCH_ROWS, size - len(rows))))  # noqa: S301 -- our own child
            rows += some
            if not some:
                break
        return rows

    def fetchall(self) -> list[tuple]:
        return self.fetchmany(sys.maxsize)

    def fetchone(self) -> tuple | None:
        return next(iter(self.fetchmany(1)), None)

    def begin(self) -> None:
        self._call("transaction", "begin")

    def commit(self) -> None:
        self._call("transaction", "commit")

    def rollback(self) -> None:
        if self._process is not None:  # a killed query has nothing left to take back
            self._call("transaction", "rollback")

    def close(self) -> None:
        """Give place and process back; a second call does nothing."""
        if self._process is None:
            self._end(kill=True)
            return
        try:
            held_mb = self._call("close")
        except (LimitError, duckdb.Error):
            self._end(kill=True)
            return
        self._end(kill=held_mb > KEPT_MB)

    def abandon(self) -> None:
        """End whatever goes on, at once."""
        self._end(kill=True)

    # ---------- inside

    def _bounds(self) -> dict:
        """Settings of DuckDB for this place; they go before those of the database's own settings."""
        limits = self._guard.limits
        bounds = {"memory_limit": f"{limits.memory_mb}MiB", "max_temp_directory_size": f"{limits.spill_mb}MiB"}
        return bounds | {"temp_directory": str(self._spill)} if self._spill else bounds

    @property
    def _spill(self) -> Path | None:
        """Where this place's queries write what does not fit into memory; nobody else does as long as it is held."""
        return self._guard.spill / str(self._turn[1].place) if self._turn else None

    def _call(self, name: str, *arguments: object) -> object:
        if self._process is None:
            raise LimitError("查询已中止。")
        limits = self._guard.limits
        try:
            return self._process.call(name, *arguments, until=self._deadline, wanted=self._request.has_reader)
        except TimeoutError as error:
            failure, cause = self._too_long(), error
        except InterruptedError as error:
            failure, cause = LimitError("浏览器已断开，查询已取消。"), error
        except OverflowError as error:
            failure, cause = (
                LimitError(f"查询结果超过 {limits.result_mb} MB，未返回。请减少行数或列数，或先汇总。"),
                error,
            )
        except (MemoryError, EOFError) as error:
            failure, cause = (
                LimitError(f"查询占用内存超过 {limits.memory_mb} MB，已中止。请缩小时间范围，或先汇总后再查。"),
                error,
            )
        log.warning("query of %s ended by a limit: %s", _who()[0] or "nobody", failure)
        self._end(kill=True)
        raise failure from cause

    def _too_long(self) -> LimitError:
        return LimitError(f"查询运行超过 {self._seconds:g} 秒，已中止。请缩小时间范围、减少分组，或先汇总后再查。")

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is not None:
            if kill:
                process.kill()
            else:
                self._guard.keep(process)
            self._request.used += time.monotonic() - getattr(self, "_begun", time.monotonic())
        if self in self._request.connections:
            self._request.connections.remove(self)
        turn, self._turn = self._turn, None
        if turn is not None:
            seat, held = turn
            shutil.rmtree(self._guard.spill / str(held.place), ignore_errors=True)
            held.release()
            self._guard.room.leave(seat)


def _who() -> tuple[str, list[str]]:
    """Name and roles of the account that this thread works for; no name outside of a request."""
    user = getattr(flask.g, "user", None) if flask.has_app_context() else None
    if user is None or not getattr(user, "username", None):
        return "", []
    return user.username, [role.name for role in user.roles]


class Dialect(duckdb_engine.Dialect):
    """DuckDB as before, with its connections under guard."""

    guard: Guard

    def connect(self, *arguments: object, **settings: object) -> duckdb_engine.ConnectionWrapper:
        config = dict(settings.get("config", {})) | settings.get("url_config", {})
        database, read_only = str(settings["database"]), bool(settings.get("read_only", False))
        return duckdb_engine.ConnectionWrapper(Connection(self.guard, database, read_only, config))


class Middleware:
    """Knows where a request begins and really ends, streamed answers included."""

    def __init__(self, application: Callable, guard: Guard) -> None:
        self.application, self.guard = application, guard

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        request = Request(environ.get("PATH_INFO", ""), environ.get("gunicorn.socket"))
        self.guard.local.request = request

        def start(status: str, headers: list[tuple[str, str]], *more: object) -> Callable:
            if request.refused:
                status, headers = request.refused, [*headers, ("Retry-After", "30")]
            return start_response(status, headers, *more)

        def end() -> None:
            for connection in list(request.connections):
                connection.abandon()
            self.guard.local.request = None

        try:
            return ClosingIterator(self.application(environ, start), end)
        except BaseException:
            end()
            raise


def install(app: flask.Flask, limits: Limits, folder: Path) -> None:
    """Guard every connection to DuckDB that ``app`` opens; slots and spilled rows go below ``folder``."""
    Dialect.guard = Guard(limits, folder)
    for name in ("duckdb", "duckdb.duckdb_engine"):
        registry.register(name, __name__, "Dialect")
    app.wsgi_app = Middleware(app.wsgi_app, Dialect.guard)
